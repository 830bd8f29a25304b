// Verifies JWTs with jose: prints the claims of each, or why it is refused.
import { createLocalJWKSet, jwtVerify } from "jose";
import { readFileSync } from "node:fs";

const results = [];
for (const { jwt, jwks, options, now } of JSON.parse(readFileSync(0, "utf8"))) {
  try {
    const currentDate = now === undefined ? undefined : new Date(now * 1000);
    const { payload } = await jwtVerify(jwt, createLocalJWKSet(jwks), { ...options, currentDate });
    results.push(payload);
  } catch (error) {
    results.push({ refused: error.code ?? String(error) });
  }
}
console.log(JSON.stringify(results));

// oauth4webapi and openid-client get tokens by a signed assertion, and revoke them.
import { readFileSync } from "node:fs";
import * as oauth from "oauth4webapi";
import * as client from "openid-client";

const [issuer, clientId, file] = process.argv.slice(2);
const jwk = JSON.parse(readFileSync(file, "utf-8"));
const algorithm = { name: "ECDSA", namedCurve: "P-256" };
const key = await crypto.subtle.importKey("jwk", jwk, algorithm, false, ["sign"]);
const signing = { key, kid: jwk.kid };

const options = { [oauth.allowInsecureRequests]: true };
const discovery = await oauth.discoveryRequest(new URL(issuer), { ...options, algorithm: "oauth2" });
const server = await oauth.processDiscoveryResponse(new URL(issuer), discovery);
const self = { client_id: clientId };
const proof = oauth.PrivateKeyJwt(signing);
const granted = await oauth.clientCredentialsGrantRequest(server, self, proof, { scope: "read" }, options);
const tokens = await oauth.processClientCredentialsResponse(server, self, granted);
const revoked = await oauth.revocationRequest(server, self, proof, tokens.access_token, options);
await oauth.processRevocationResponse(revoked);

const configuration = await client.discovery(
  new URL(issuer),
  clientId,
  undefined,
  client.PrivateKeyJwt(signing),
  { execute: [client.allowInsecureRequests], algorithm: "oauth2" },
);
const others = await client.clientCredentialsGrant(configuration, { scope: "read" });
await client.tokenRevocation(configuration, others.access_token);
const last = await client.clientCredentialsGrant(configuration, { scope: "read" });
console.log(JSON.stringify({ ended: [tokens.access_token, others.access_token], lives: last.access_token }));

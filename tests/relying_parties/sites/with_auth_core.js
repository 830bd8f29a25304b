// An application that signs its users in with @auth/core (Auth.js), without a framework.
import { Auth, skipCSRFCheck } from "@auth/core";
import express from "express";

const { ISSUER, CLIENT_ID, CLIENT_SECRET, PORT, SCOPE, READS } = process.env;
const url = `http://127.0.0.1:${PORT}`;
const config = {
  basePath: "/auth",
  trustHost: true,
  secret: "of the cookie, and as long as it demands",
  skipCSRFCheck,
  logger: { error() {}, warn() {}, debug() {} },
  providers: [
    {
      id: "ours",
      name: "Ours",
      type: "oidc",
      issuer: ISSUER,
      clientId: CLIENT_ID,
      clientSecret: CLIENT_SECRET,
      // By default it does not ask the userinfo endpoint.
      ...(READS === "the ID token" ? {} : { idToken: false }),
      checks: ["pkce", "state", "nonce"],
      authorization: { params: { scope: SCOPE } },
      profile: (userinfo) => ({ id: userinfo.sub, name: userinfo.name, email: userinfo.email, userinfo }),
    },
  ],
  callbacks: {
    jwt({ token, user }) {
      return user ? { ...token, userinfo: user.userinfo } : token;
    },
    session({ session, token }) {
      return { ...session, userinfo: token.userinfo };
    },
  },
};

// What a framework's adapter does: its requests and responses are those of the browser.
async function answered(path, method, request) {
  const headers = new Headers({ host: `127.0.0.1:${PORT}` });
  if (request.headers.cookie) headers.set("cookie", request.headers.cookie);
  if (method === "POST") headers.set("content-type", "application/x-www-form-urlencoded");
  const body = method === "POST" ? "callbackUrl=/" : undefined;
  return Auth(new Request(url + path, { method, headers, body }), config);
}

async function pass(answer, response) {
  for (const cookie of answer.headers.getSetCookie()) response.append("set-cookie", cookie);
  const location = answer.headers.get("location");
  if (location) return response.redirect(location);
  response.status(answer.status).send(await answer.text());
}

const app = express();
app.get("/login", async (request, response) => {
  await pass(await answered("/auth/signin/ours", "POST", request), response);
});
app.get("/auth/*rest", async (request, response) => {
  await pass(await answered(request.url, "GET", request), response);
});
app.get("/", async (request, response) => {
  const session = await (await answered("/auth/session", "GET", request)).json();
  const userinfo = session?.userinfo ?? null;
  response.json({ id_token: userinfo && { sub: userinfo.sub }, userinfo });
});

app.listen(Number(PORT), "127.0.0.1");

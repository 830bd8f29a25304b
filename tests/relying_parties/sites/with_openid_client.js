// An application that signs its users in with openid-client, as its documentation has it.
import express from "express";
import session from "express-session";
import * as client from "openid-client";

const { ISSUER, CLIENT_ID, CLIENT_SECRET, PORT, SCOPE, ALGORITHM } = process.env;
const url = `http://127.0.0.1:${PORT}`;
const server = await client.discovery(
  new URL(ISSUER),
  CLIENT_ID,
  ALGORITHM
    ? {
        client_secret: CLIENT_SECRET,
        id_token_signed_response_alg: ALGORITHM,
        userinfo_signed_response_alg: ALGORITHM,
      }
    : CLIENT_SECRET,
  undefined,
  { execute: [client.allowInsecureRequests] },
);
// By default it trusts what comes straight from the server (Core section 3.1.3.7, rule 6).
client.enableNonRepudiationChecks(server);

const app = express();
app.use(session({ name: "party", secret: "of the cookie", resave: false, saveUninitialized: false }));

app.get("/login", async (request, response) => {
  const verifier = client.randomPKCECodeVerifier();
  const attempt = { verifier, state: client.randomState(), nonce: client.randomNonce() };
  request.session.attempt = attempt;
  const address = client.buildAuthorizationUrl(server, {
    redirect_uri: `${url}/callback`,
    scope: SCOPE,
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state: attempt.state,
    nonce: attempt.nonce,
    max_age: "3600",
  });
  response.redirect(address.href);
});

app.get("/callback", async (request, response) => {
  const { verifier, state, nonce } = request.session.attempt;
  const tokens = await client.authorizationCodeGrant(server, new URL(url + request.url), {
    pkceCodeVerifier: verifier,
    expectedState: state,
    expectedNonce: nonce,
    maxAge: 3600,
    idTokenExpected: true,
  });
  const claims = tokens.claims();
  const userinfo = await client.fetchUserInfo(server, tokens.access_token, claims.sub);
  Object.assign(request.session, {
    claims,
    userinfo,
    refresh: tokens.refresh_token,
    hint: tokens.id_token,
  });
  response.redirect("/");
});

app.get("/refresh", async (request, response) => {
  const tokens = await client.refreshTokenGrant(server, request.session.refresh);
  Object.assign(request.session, { claims: tokens.claims(), refresh: tokens.refresh_token });
  response.redirect("/");
});

app.get("/logout", (request, response) => {
  const address = client.buildEndSessionUrl(server, {
    id_token_hint: request.session.hint,
    post_logout_redirect_uri: `${url}/`,
  });
  request.session.destroy(() => response.redirect(address.href));
});

app.get("/", (request, response) => {
  const { claims = null, userinfo = null } = request.session;
  response.json({ id_token: claims, userinfo });
});

app.use((error, request, response, next) => {
  response.status(500).json({ error: error.code ?? error.name });
});

app.listen(Number(PORT), "127.0.0.1");

// An application that signs its users in with express-openid-connect, as its documentation has it.
import express from "express";
import connect from "express-openid-connect";

const { ISSUER, CLIENT_ID, CLIENT_SECRET, PORT, SCOPE, RESPONSE_MODE } = process.env;

// As a store of express-session has them.
const ended = new Map();
const store = {
  get: (key, done) => done(null, ended.get(key)),
  set: (key, value, done) => done(null, ended.set(key, value)),
  destroy: (key, done) => done(null, ended.delete(key)),
};

const app = express();
app.use(
  connect.auth({
    issuerBaseURL: ISSUER,
    baseURL: `http://127.0.0.1:${PORT}`,
    clientID: CLIENT_ID,
    clientSecret: CLIENT_SECRET,
    secret: "of the cookie, and as long as it demands",
    authRequired: false,
    authorizationParams: {
      response_type: "code",
      scope: SCOPE,
      ...(RESPONSE_MODE && { response_mode: RESPONSE_MODE }),
    },
    backchannelLogout: { store },
    idpLogout: true,
  }),
);

app.get("/refresh", async (request, response) => {
  await request.oidc.accessToken.refresh();
  response.redirect("/");
});

app.get("/", async (request, response) => {
  const { oidc } = request;
  if (!oidc.isAuthenticated()) return response.json({ id_token: null, userinfo: null });
  const userinfo = await oidc.fetchUserInfo().catch(() => null);
  response.json({ id_token: oidc.idTokenClaims, userinfo });
});

app.use((error, request, response, next) => {
  response.status(500).json({ error: error.error ?? error.name });
});

app.listen(Number(PORT), "127.0.0.1");

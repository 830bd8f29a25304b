// The client of the MCP SDK for Node calls an API: it prints where its user goes, then the end.
import { createInterface } from "node:readline/promises";
import { auth } from "@modelcontextprotocol/client";

const [api, back, document] = process.argv.slice(2);
const kept = {};
let state;
const provider = {
  redirectUrl: back,
  clientMetadataUrl: document || undefined,
  clientMetadata: {
    client_name: "An agent",
    redirect_uris: [back],
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    token_endpoint_auth_method: "none",
  },
  state: () => (state ??= crypto.randomUUID()),
  clientInformation: () => kept.client,
  saveClientInformation: (client) => { kept.client = client; },
  tokens: () => kept.tokens,
  saveTokens: (tokens) => { kept.tokens = tokens; },
  redirectToAuthorization: (url) => { console.log(url.href); },
  saveCodeVerifier: (verifier) => { kept.verifier = verifier; },
  codeVerifier: () => kept.verifier,
  saveDiscoveryState: (discovery) => { kept.discovery = discovery; },
  discoveryState: () => kept.discovery,
};
const refused = await fetch(api);
const challenge = refused.headers.get("www-authenticate");
const value = (name) => challenge.match(new RegExp(`${name}="([^"]*)"`))?.[1];
const options = {
  serverUrl: api,
  scope: value("scope"),
  resourceMetadataUrl: new URL(value("resource_metadata")),
};
await auth(provider, options);
const line = (await createInterface({ input: process.stdin })[Symbol.asyncIterator]().next()).value;
const query = new URL(line).searchParams;
await auth(provider, {
  ...options,
  authorizationCode: query.get("code"),
  iss: query.get("iss"),
  callbackParams: query,
});
const answer = await fetch(api, {
  headers: { Authorization: `Bearer ${kept.tokens.access_token}` },
});
const end = { status: answer.status, body: await answer.json() };
console.log(JSON.stringify({ ...end, client_id: kept.client.client_id, scope: kept.tokens.scope }));
process.exit(0);

// The client of the MCP SDK for Node, of the version whose module is named, calls an API. Each line
// of its output is JSON: where its user goes, and what it got. For each line of its input it calls
// once more, with a new token; the first one after a URL is where its user returns.
import { createInterface } from "node:readline/promises";

const [module, api, back, document, resourceMetadata] = process.argv.slice(2);
const { auth } = await import(module);
const input = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const say = (words) => console.log(JSON.stringify(words));
const kept = {};
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
  state: () => crypto.randomUUID(),
  clientInformation: () => kept.client,
  saveClientInformation: (client) => { kept.client = client; },
  tokens: () => kept.tokens,
  saveTokens: (tokens) => { kept.tokens = tokens; },
  redirectToAuthorization: (url) => { say({ go: url.href }); },
  saveCodeVerifier: (verifier) => { kept.verifier = verifier; },
  codeVerifier: () => kept.verifier,
  saveDiscoveryState: (discovery) => { kept.discovery = discovery; },
  discoveryState: () => kept.discovery,
  invalidateCredentials: (what) => {
    if (what === "tokens" || what === "all") kept.tokens = undefined;
    if (what === "client" || what === "all") kept.client = undefined;
  },
};
const refused = await fetch(api);
const challenge = refused.headers.get("www-authenticate");
const value = (name) => challenge.match(new RegExp(`${name}="([^"]*)"`))?.[1];
const options = {
  serverUrl: api,
  scope: value("scope"),
  resourceMetadataUrl: new URL(resourceMetadata || value("resource_metadata")),
};

async function call() {
  const headers = { Authorization: `Bearer ${kept.tokens.access_token}` };
  const answer = await fetch(api, { headers });
  say({
    status: answer.status,
    body: await answer.json(),
    token: kept.tokens.access_token.slice(-8),
  });
}

const line = async () => (await input.next()).value;

async function signIn() {
  const query = new URL(await line()).searchParams;
  const returned = { authorizationCode: query.get("code"), iss: query.get("iss") };
  await auth(provider, { ...options, ...returned, callbackParams: query });
}

do {
  if ((await auth(provider, options)) === "REDIRECT") await signIn();
  await call();
} while (await line());
process.exit(0);

// oauth4webapi and openid-client register themselves; what they have read is printed.
import * as oauth from "oauth4webapi";
import * as client from "openid-client";

const [issuer, back] = process.argv.slice(2);
const metadata = {
  client_name: "Registered by itself",
  redirect_uris: [back],
  grant_types: ["authorization_code", "refresh_token"],
  response_types: ["code"],
  token_endpoint_auth_method: "client_secret_post",
  scope: "read",
};
const options = { [oauth.allowInsecureRequests]: true };
const discovery = await oauth.discoveryRequest(new URL(issuer), { ...options, algorithm: "oauth2" });
const server = await oauth.processDiscoveryResponse(new URL(issuer), discovery);
const response = await oauth.dynamicClientRegistrationRequest(server, metadata, options);
const registered = await oauth.processDynamicClientRegistrationResponse(response);
const configuration = await client.dynamicClientRegistration(
  new URL(issuer),
  metadata,
  client.ClientSecretPost(),
  { execute: [client.allowInsecureRequests], algorithm: "oauth2" },
);
console.log(JSON.stringify([registered, configuration.clientMetadata()]));

"""idpyoidc registers itself, and reads its registration (RFC 7592); both are printed."""

import json
import sys

from idpyoidc.client.oidc import RP

issuer, back = sys.argv[1:]
SERVICES = {
    "discovery": {"class": "idpyoidc.client.oidc.provider_info_discovery.ProviderInfoDiscovery"},
    "authorization": {"class": "idpyoidc.client.oidc.authorization.Authorization"},
    "accesstoken": {"class": "idpyoidc.client.oidc.access_token.AccessToken"},
    "registration": {"class": "idpyoidc.client.oidc.registration.Registration"},
    "registration_read": {"class": "idpyoidc.client.oidc.read_registration.RegistrationRead"},
}
party = RP(
    config={
        "issuer": issuer,
        "redirect_uris": [back],
    },
    services=SERVICES,
)
party.do_request("provider_info")
registered = party.do_request(
    "registration",
    request_args={
        "redirect_uris": [back],
        "grant_types": ["authorization_code", "refresh_token"],
        "client_name": "Registered by itself",
        "scope": "openid",
    },
)
read = party.do_request("registration_read")
print(json.dumps([registered.to_dict(), read.to_dict()]))

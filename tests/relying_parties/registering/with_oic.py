"""oic registers itself, and reads its registration (RFC 7592); both are printed."""

import json
import sys

from oic.oic import Client
from oic.utils.authn.client import CLIENT_AUTHN_METHOD

issuer, back = sys.argv[1:]
client = Client(client_authn_method=CLIENT_AUTHN_METHOD)
client.provider_config(issuer)
registered = client.register(
    client.provider_info["registration_endpoint"],
    redirect_uris=[back],
    grant_types=["authorization_code", "refresh_token"],
    token_endpoint_auth_method="client_secret_post",
    client_name="Registered by itself",
    scope="read",
)
print(json.dumps([registered.to_dict(), client.registration_read().to_dict()]))

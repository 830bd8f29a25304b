"""requests_oauth2client gets tokens by a signed assertion, and revokes them."""

import json
import sys
from pathlib import Path

from requests_oauth2client import OAuth2Client, PrivateKeyJwt

issuer, client_id, file = sys.argv[1:]
jwk = json.loads(Path(file).read_text())
client = OAuth2Client.from_discovery_endpoint(
    f"{issuer}/.well-known/oauth-authorization-server",
    issuer,
    auth=PrivateKeyJwt(client_id, jwk, alg="ES256", aud=issuer),
    testing=True,
)
ended = client.client_credentials(scope="read")
assert client.revoke_access_token(ended)
lives = client.client_credentials(scope="read")
print(json.dumps({"ended": [str(ended.access_token)], "lives": str(lives.access_token)}))

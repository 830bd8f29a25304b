"""Authlib gets tokens by a signed assertion, and revokes them."""

import json
import sys
from pathlib import Path

import requests
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT, private_key_jwt_sign
from joserfc.jwk import ECKey

issuer, client_id, file = sys.argv[1:]
jwk = json.loads(Path(file).read_text())


class Assertion(PrivateKeyJWT):
    """For the issuer, and for a minute: by default it is for the token endpoint, and for an hour.

    With claims of its own, the class would use one identifier for every assertion.
    """

    def sign(self, auth, token_endpoint):
        return private_key_jwt_sign(
            auth.client_secret,
            client_id=auth.client_id,
            token_endpoint=issuer,
            alg="ES256",
            header={"kid": jwk["kid"]},
            expires_in=60,
        )


metadata = requests.get(f"{issuer}/.well-known/oauth-authorization-server", timeout=60).json()
session = OAuth2Session(
    client_id,
    ECKey.import_key(jwk),
    scope="read",
    token_endpoint_auth_method="private_key_jwt",
    revocation_endpoint_auth_method="private_key_jwt",
)
session.register_client_auth_method(Assertion())
ended = [session.fetch_token(metadata["token_endpoint"])["access_token"]]
session.revoke_token(metadata["revocation_endpoint"], ended[0]).raise_for_status()
lives = session.fetch_token(metadata["token_endpoint"])["access_token"]
print(json.dumps({"ended": ended, "lives": lives}))

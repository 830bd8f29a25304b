"""Authlib's own client, without a framework: a session, and the classes for an ID token."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import BadSignatureError, JoseError
from joserfc.jwk import KeySet

from tests.live import CALLBACK, LiveServer
from tests.visitor import Visitor

from .dishonest import FORGED, SIGNED
from .parties import SCOPE


class Application:
    """What an application does with them.

    :ivar metadata: of the server.
    """

    def __init__(self, server: LiveServer) -> None:
        client = server.add_client("--name", "Party", "--redirect-uri", CALLBACK, "--scope", SCOPE)
        self.session = OAuth2Session(
            client.id,
            client.secret,
            scope=SCOPE,
            redirect_uri=CALLBACK,
            code_challenge_method="S256",
        )
        self.metadata = self.session.get(
            f"{server.issuer}/.well-known/openid-configuration", withhold_token=True
        ).json()

    def sign_in(self) -> dict[str, Any]:
        """The claims of the ID token, validated."""
        verifier, nonce = generate_token(48), generate_token(20)
        url, state = self.session.create_authorization_url(
            self.metadata["authorization_endpoint"], code_verifier=verifier, nonce=nonce
        )
        token = self.session.fetch_token(
            self.metadata["token_endpoint"],
            authorization_response=Visitor().send(url),
            state=state,
            code_verifier=verifier,
        )
        return self.validated(token, nonce)

    def validated(self, token: dict[str, Any], nonce: str | None) -> dict[str, Any]:
        """The claims of the ID token in a response.

        :raises JoseError: it is not for this sign-in.
        """
        keys = self.session.get(self.metadata["jwks_uri"], withhold_token=True).json()
        read = jwt.decode(token["id_token"], KeySet.import_key_set(keys), algorithms=["RS256"])
        expected = {
            "iss": {"essential": True, "value": self.metadata["issuer"]},
            "aud": {"essential": True, "value": self.session.client_id},
        }
        parameters = {
            "nonce": nonce,
            "client_id": self.session.client_id,
            "access_token": token["access_token"],
        }
        claims = CodeIDToken(read.claims, read.header, expected, parameters)
        claims.validate()
        return dict(claims)


@pytest.fixture
def application(server: LiveServer) -> Application:
    return Application(server)


def test_a_user_signs_in(application: Application) -> None:
    claims = application.sign_in()
    assert claims["sub"] == "alice"
    userinfo = application.session.get(application.metadata["userinfo_endpoint"]).json()
    assert (userinfo["sub"], userinfo["email"]) == ("alice", "alice@example.com")


def test_a_refresh(application: Application) -> None:
    before = application.sign_in()
    token = application.session.refresh_token(application.metadata["token_endpoint"])
    after = application.validated(token, None)
    assert after["auth_time"] == before["auth_time"]
    assert after["at_hash"] != before["at_hash"]


@pytest.mark.parametrize("lie", [*SIGNED, FORGED])
def test_what_is_wrong_is_refused(application: Application, dishonesty: Path, lie: str) -> None:
    dishonesty.write_text(lie)
    with pytest.raises(BadSignatureError if lie == FORGED else JoseError):
        application.sign_in()

"""Clients that authenticate by signed JWTs at a running application."""

from __future__ import annotations

import itertools
import time
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey
from webtest import TestResponse

from tests.jose.forgeries import public

from .flow import VERIFIER, Flow, answer_in
from .server import TOKEN, Server

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
KEY = ECKey.generate_key("P-256")
JWKS = {"keys": [{**public(KEY), "kid": "one"}]}
METHOD = "private_key_jwt"
_numbers = itertools.count()


def assertion(
    client_id: str = "signer", key: Any = KEY, header: dict[str, Any] | None = None, **claims: Any
) -> str:
    """A new assertion, made by joserfc."""
    usual = {
        **{"iss": client_id, "sub": client_id, "aud": "http://localhost"},
        **{"exp": int(time.time()) + 60, "jti": f"jti {next(_numbers)}"},
    }
    return str(jwt.encode({"alg": "ES256", "kid": "one", **(header or {})}, usual | claims, key))


def signed(value: str | None = None, **form: str) -> dict[str, str]:
    """A form with an assertion."""
    return {
        "client_assertion_type": TYPE,
        "client_assertion": assertion() if value is None else value,
        **form,
    }


def ask(server: Server, value: str | None = None, path: str = TOKEN, **form: str) -> TestResponse:
    """A request with an assertion; the response of any status."""
    form = {"grant_type": "client_credentials", "token": "x", **form}
    return server.post(signed(value, **form), path=path)


def register(server: Server, client_id: str = "signer", **metadata: Any) -> Any:
    """A client that signs."""
    usual = {"token_endpoint_auth_method": METHOD, "jwks": JWKS}
    return server.register(client_id, **usual | metadata)


class Signing(Flow):
    """The flow of a client that proves itself by a signature where it is asked to."""

    def code_form(self, code: str) -> dict[str, str]:
        return {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.parameters()["redirect_uri"],
            "code_verifier": VERIFIER,
        }

    def send(self, proven: bool, path: str = TOKEN, **form: str) -> TestResponse:
        """A request of the client, with an assertion or with its client_id alone."""
        if proven:
            return self.server.post(signed(assertion(self.client_id), **form), path=path)
        return self.server.post({"client_id": self.client_id, **form}, path=path)

    def got(self, proven: bool, **changes: str | None) -> dict[str, Any]:
        """Its tokens at the end of the flow."""
        code = answer_in(self.allow(**changes))["code"]
        answer = self.send(proven, **self.code_form(code))
        assert answer.status_int == 200, answer.text
        return dict(answer.json)

    def refreshed(self, proven: bool, refresh_token: str) -> TestResponse:
        return self.send(proven, grant_type="refresh_token", refresh_token=refresh_token)

"""An ID token (OpenID Connect Core section 2), as a plug-in: two request extensions, one member.

It is signed by HMAC with a key of the process; the real feature has a ring of keys.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from zope.interface import implementer

from pyramid_oauth2.extension import (
    Access,
    Client,
    IAuthorizationRequestExtension,
    IServer,
    IServerMetadata,
    Issuing,
    ITokenResponseExtension,
    Parameter,
    Parameters,
)

LIFETIME = 3600  # seconds


def encoded(value: bytes) -> str:
    """Base64url without padding (RFC 7515 section 2)."""
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


class _Kept:
    """A value that the user need not allow, and that no page shows."""

    parameters: tuple[Parameter, ...] = ()
    critical = False

    def __init__(self, server: IServer, settings: object) -> None:
        pass

    def demands(self, value: Any) -> None:
        """Nothing of the user."""

    def blocks(self, value: Any) -> tuple[()]:
        """Nothing: the scope has a description."""
        return ()

    def covered_by(self, remembered: Any, value: Any) -> bool:
        """There is nothing to allow."""
        return True

    def remember(self, value: Any, remembered: Any) -> Any:
        """Nothing more."""
        return remembered


@implementer(IAuthorizationRequestExtension)
class OpenID(_Kept):
    """Whether the request is one of OpenID Connect: as long as its grant lives."""

    place = "grant"

    def read(self, parameters: Parameters, client: Client, access: Access) -> bool | None:
        """True if it has the scope ``openid``."""
        return True if "openid" in access.scope else None


@implementer(IAuthorizationRequestExtension)
class Nonce(_Kept):
    """The ``nonce``: in the ID token of the code alone (OpenID Connect Core section 12.2)."""

    place = "code"
    parameters = (Parameter("nonce", max_length=512),)

    def read(self, parameters: Parameters, client: Client, access: Access) -> str | None:
        """Its text."""
        return parameters.once("nonce")


@implementer(ITokenResponseExtension)
class IDToken:
    """The member ``id_token``, of a code and of each refresh of its grant."""

    names = ("id_token",)

    def __init__(self, server: IServer, settings: object) -> None:
        self._server = server
        self._key = server.random(32)

    def members(self, issuing: Issuing) -> Mapping[str, Any]:
        """The ID token, if the user signed in with OpenID Connect."""
        if "openid" not in issuing.kept or issuing.subject is None:
            return {}
        half = hashlib.sha256(issuing.access_token.encode()).digest()[:16]
        claims = {
            "iss": self._server.issuer,
            "sub": issuing.subject,
            "aud": issuing.client.client_id,
            "iat": issuing.issued_at,
            "exp": issuing.issued_at + LIFETIME,
            "at_hash": encoded(half),
        }
        if issuing.authentication is not None:
            claims["auth_time"] = issuing.authentication.auth_time
        if "nonce" in issuing.kept:
            claims["nonce"] = issuing.kept["nonce"]
        return {"id_token": self._signed(claims)}

    def _signed(self, claims: Mapping[str, Any]) -> str:
        header = {"alg": "HS256", "typ": "JWT"}
        text = ".".join(encoded(json.dumps(part).encode()) for part in (header, claims))
        signature = hmac.new(self._key, text.encode(), hashlib.sha256).digest()
        return f"{text}.{encoded(signature)}"


@implementer(IServerMetadata)
class Discovery:
    """What a client reads of it beforehand (OpenID Connect Discovery section 3)."""

    names = ("id_token_signing_alg_values_supported", "subject_types_supported")

    def __init__(self, server: IServer, settings: object) -> None:
        pass

    def members(self) -> Mapping[str, Any]:
        """The algorithm and the kind of subjects."""
        return {
            "id_token_signing_alg_values_supported": ["HS256"],
            "subject_types_supported": ["public"],
        }


def includeme(config: Any) -> None:
    """Register it."""
    config.add_oauth2_scope("openid", "Know who you are")
    config.add_oauth2_request_extension("openid", OpenID)
    config.add_oauth2_request_extension("nonce", Nonce)
    config.add_oauth2_token_response("id token", IDToken)
    config.add_oauth2_server_metadata("openid", Discovery)

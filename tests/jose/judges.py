"""Libraries that have no part in making our JWTs, and say whether they are good."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import jwt as pyjwt
import pytest

from tests import node

# Which names of Ed25519 they know: PyJWT and jwcrypto only that of RFC 8037.
BY_PYJWT = {"ES256", "RS256", "PS256", "EdDSA"}
BY_JWCRYPTO = BY_PYJWT


def by_pyjwt(value: str, jwks: Mapping[str, Any], audience: str) -> dict[str, Any]:
    """The claims, if PyJWT accepts the JWT at this moment."""
    header = pyjwt.get_unverified_header(value)
    key = pyjwt.PyJWKSet.from_dict(dict(jwks))[header["kid"]]
    return pyjwt.decode(value, key, [header["alg"]], audience=audience)


def by_jwcrypto(value: str, jwks: Mapping[str, Any], algorithm: str) -> dict[str, Any]:
    """The claims, if jwcrypto accepts the JWT at this moment."""
    # It demands a newer cryptography than the lowest that an application may have.
    jwk, jwt = pytest.importorskip("jwcrypto.jwk"), pytest.importorskip("jwcrypto.jwt")
    judged = jwt.JWT(
        jwt=value,
        key=jwk.JWKSet.from_json(json.dumps(dict(jwks))),
        algs=[algorithm],
        check_claims={},
    )
    return dict(json.loads(judged.claims))


def by_node(value: str, jwks: Mapping[str, Any], **options: Any) -> dict[str, Any]:
    """The claims, if npm's jose accepts the JWT at this moment."""
    (claims,) = node.run("verify.js", [{"jwt": value, "jwks": jwks, "options": options}])
    assert "refused" not in claims, claims
    return dict(claims)

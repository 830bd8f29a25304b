"""A key service: a program of its own that has the keys, and signs what it reads.

It reads a line of JSON and writes one. It uses nothing of this project, and no private key
leaves it. Run it with ``python key_service.py``.
"""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

SIZE = 32  # bytes of a number of P-256
KEYS = {kid: generate_private_key(SECP256R1()) for kid in ("first", "second")}
revoked: set[str] = set()


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def public(kid: str) -> dict[str, str]:
    """The public JWK (RFC 7518 section 6.2.1)."""
    numbers = KEYS[kid].public_key().public_numbers()
    x, y = (encoded(number.to_bytes(SIZE)) for number in (numbers.x, numbers.y))
    return {"kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": kid, "alg": "ES256", "use": "sig"}


def left() -> list[str]:
    return [kid for kid in KEYS if kid not in revoked]


def sign(kid: str, data: str) -> str:
    """The signature (RFC 7518 section 3.4): two numbers, and not the DER that a library makes."""
    made = KEYS[kid].sign(base64.b64decode(data), ECDSA(SHA256()))
    return base64.b64encode(b"".join(n.to_bytes(SIZE) for n in decode_dss_signature(made))).decode()


COMMANDS: dict[str, Callable[..., Any]] = {
    "key_for": lambda algorithm: left()[0] if algorithm == "ES256" and left() else None,
    "published": lambda: [public(kid) for kid in left()],
    "public_key": lambda kid: public(kid) if kid in left() else None,
    "is_revoked": lambda kid: kid in revoked,
    "revoke": revoked.add,
    "sign": sign,
}

if __name__ == "__main__":
    for line in sys.stdin:
        command, *arguments = json.loads(line)
        print(json.dumps(COMMANDS[command](*arguments)), flush=True)

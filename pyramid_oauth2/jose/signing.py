"""Our own keys, and the JWTs that they sign (RFC 7515 section 5.1)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from ..interfaces.server import IServer
from ..protocol.envelope import dumps
from ..protocol.records import StoreUnavailable
from .algorithms import ALGORITHMS
from .objects import encoded

RSA_BITS = 2048


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """A key that signs with one algorithm.

    :param kid: the thumbprint of its public members (RFC 7638).
    :param public: its public JWK, with ``kid``, ``alg`` and ``use``.
    """

    kid: str
    algorithm: str
    public: Mapping[str, str]
    material: Any = field(repr=False, compare=False)

    @classmethod
    def made(cls, algorithm: str) -> PrivateKey:
        """A new key.

        :raises KeyError: the algorithm is not one of :data:`~.algorithms.ALGORITHMS`.
        """
        from joserfc.jwk import ECKey, OKPKey, RSAKey

        generate: Mapping[str, Callable[[], Any]] = {
            "EC": partial(ECKey.generate_key, "P-256"),
            "OKP": partial(OKPKey.generate_key, "Ed25519"),
            "RSA": partial(RSAKey.generate_key, RSA_BITS),
        }
        while True:
            key = cls.of(algorithm, generate[ALGORITHMS[algorithm].key_type]())
            # On a command line the name would be taken for an option: one of 64 thumbprints.
            if not key.kid.startswith("-"):
                return key

    @classmethod
    def of(cls, algorithm: str, material: Any) -> PrivateKey:
        """The key that joserfc has."""
        kid = material.thumbprint()
        public = {**material.as_dict(private=False), "kid": kid, "alg": algorithm, "use": "sig"}
        return cls(kid, algorithm, public, material)

    @classmethod
    def imported(cls, algorithm: str, data: bytes) -> PrivateKey:
        """The key of :meth:`exported`."""
        from joserfc.jwk import import_key

        return cls.of(algorithm, import_key(json.loads(data)))

    def exported(self) -> bytes:
        """The private JWK, which is to be sealed before it is stored."""
        return dumps(self.material.as_dict(private=True))

    def signature(self, signed: bytes) -> bytes:
        """The signature over *signed*."""
        from joserfc.jws import JWSRegistry

        return JWSRegistry.algorithms[self.algorithm].sign(signed, self.material)


def sign(server: IServer, typ: str, claims: Mapping[str, Any], algorithm: str) -> str:
    """A JWT, signed by the signer of the server.

    :param typ: what it is for, as :mod:`.uses` has it (RFC 8725 section 3.11).
    :raises StoreUnavailable: nothing can sign it now.
    """
    signer = server.signer
    if signer is None:
        raise StoreUnavailable("The server cannot sign: oauth2.secret is missing.")
    kid = signer.key_for(algorithm)
    signed = signing_input({"alg": algorithm, "typ": typ, "kid": kid}, claims)
    return signed_jwt(signed, signer.sign(signed.encode(), kid, algorithm))


def signing_input(header: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
    """What is signed: header and claims in compact form."""
    return f"{encoded(dumps(header))}.{encoded(dumps(claims))}"


def signed_jwt(signed: str, signature: bytes) -> str:
    """The JWT of a :func:`signing_input` and its signature."""
    return f"{signed}.{encoded(signature)}"

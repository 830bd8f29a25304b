"""What the server metadata says of signed assertions (RFC 8414 section 2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zope.interface import implementer

from ...interfaces.endpoints import IServerMetadata
from ...interfaces.server import IServer
from ...jose.algorithms import ALGORITHMS
from ...settings import Settings

# The endpoints whose methods of client authentication the metadata name, and their names there.
ENDPOINTS = {"token": "token", "revoke": "revocation", "introspect": "introspection"}


def _member(name: str) -> str:
    return f"{name}_endpoint_auth_signing_alg_values_supported"


@implementer(IServerMetadata)
class SigningAlgorithms:
    """The algorithms by which clients may sign their assertions, for each endpoint.

    RFC 8414 section 2: each "MUST be present" if ``private_key_jwt`` is a method of its endpoint.
    """

    names = tuple(map(_member, ENDPOINTS.values()))

    def __init__(self, server: IServer, settings: Settings) -> None:
        self._server = server

    def members(self) -> Mapping[str, Any]:
        """The members of those endpoints that are there."""
        there = self._server.endpoints
        named = (name for endpoint, name in ENDPOINTS.items() if endpoint in there)
        return {_member(name): list(ALGORITHMS) for name in named}

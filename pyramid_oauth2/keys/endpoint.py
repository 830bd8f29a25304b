"""``/oauth2/jwks``: the public keys of the server (RFC 7517 section 5)."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from zope.interface import implementer

from ..interfaces.endpoints import IEndpoint, IServerMetadata
from ..interfaces.server import IServer
from ..protocol.endpoints import EndpointRequest, EndpointResponse
from ..protocol.envelope import dumps


@implementer(IEndpoint)
class JWKSEndpoint:
    """The key set. There is one only if the server can sign; without keys it is empty."""

    methods = ("GET",)
    cross_origin = True
    parameters = ()

    def __init__(self, server: IServer, settings: object = None) -> None:
        self._server = server

    def process(self, request: EndpointRequest) -> EndpointResponse:
        """The key set, or 304 if the caller has it."""
        signer = self._server.signer
        if signer is None:
            return EndpointResponse.json({"keys": []})
        # "application/json": older clients refuse "application/jwk-set+json".
        keys = list(signer.published())
        body = dumps({"keys": keys})
        tag = f'"{b64encode(sha256(body).digest()[:15]).decode()}"'
        # The first key signs at once: a cache must not have the set without it.
        cached = f"max-age={signer.max_age}" if keys else "no-cache"
        headers = {"Cache-Control": f"public, {cached}", "ETag": tag}
        # RFC 9110 section 13.1.2: a list of entity tags, compared without regard to weakness.
        sent = request.http.headers.get("if-none-match", "")
        if tag in (each.strip().removeprefix("W/") for each in sent.split(",")):
            return EndpointResponse(status=304, headers=headers)
        return EndpointResponse(body, "application/json", headers=headers)


@implementer(IServerMetadata)
class JWKSMetadata:
    """``jwks_uri``, in a server that can sign (RFC 8414 section 2)."""

    names = ("jwks_uri",)

    def __init__(self, server: IServer, settings: object = None) -> None:
        self._server = server

    def members(self) -> Mapping[str, Any]:
        """The URL of the key set."""
        return {} if self._server.signer is None else {"jwks_uri": self._server.url("jwks")}

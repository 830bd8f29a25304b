"""What a client has found out so far, and how it sends requests."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

from ..known_clients import KnownClient
from ..known_clients.known_client import PORT
from ..protocol.http import FORM
from ..protocol.redirect_uris import matching_redirect_uri
from ..settings import Settings
from .apis import API
from .exchange import NO_HEADERS, Agent, Exchanged
from .signed import assertion
from .step import StepRefused

JSON = "application/json"
PORTS = (49_152, 65_535)  # RFC 6335 section 6: the dynamic ones
ALLOW_ORIGIN = "access-control-allow-origin"


@dataclass
class Conversation:
    """A client that connects to an API, from one step to the next.

    :param settings: of the server; None if only what a client sees is known.
    :param pinned: whether its document is pinned for this run alone.
    :param added: whether an operator has registered it, with its name as the client_id.
    :param port: at which it listens on the user's machine.
    :param call: the method of the request that the API answers with a challenge.
    :param metadata_url: where the challenge says that the API's metadata are; empty if not.
    :param scope: what it is going to request.
    :param signs: whether it authenticates by a signed JWT from now on.
    :param left_to_do: a command for each thing without which it works in this run alone.
    """

    client: KnownClient
    agent: Agent
    api: API
    settings: Settings | None = None
    pinned: bool = False
    added: bool = False
    port: int = field(default_factory=lambda: random.randint(*PORTS))  # noqa: S311
    call: str = "GET"
    metadata_url: str = ""
    scope: frozenset[str] = frozenset()
    signs: bool = False
    left_to_do: tuple[str, ...] = ()
    issuer: str = ""
    metadata: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    client_id: str = ""
    registered: Mapping[str, Any] = field(default_factory=dict, repr=False)
    page: Exchanged | None = None
    state: str = ""
    verifier: str = field(default="", repr=False)
    code: str = field(default="", repr=False)
    tokens: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def with_port(self, uri: str) -> str:
        """A redirect URI, with the port at which the client listens."""
        return uri.replace(PORT, str(self.port))

    @property
    def redirect_uris(self) -> tuple[str, ...]:
        """Those of its authorization requests, the usual one first.

        A client that registers itself may have others than with its document.
        """
        usual = tuple(map(self.with_port, self.client.redirect_uris))
        if not self.registered or self.client.registration is None:
            return usual
        registered = tuple(map(self.with_port, self.client.registration["redirect_uris"]))
        schemes = self.client.private_schemes
        same = (uri for uri in usual if matching_redirect_uri(registered, uri, schemes))
        return tuple(same) or registered

    def get(self, url: str) -> Exchanged:
        """Get a document, from a page in a browser if the client is one.

        :raises StepRefused: the page could not read the response.
        """
        return self._readable(url, self.agent.send("GET", url, self._headers({"Accept": JSON})))

    def post_json(self, url: str, members: Mapping[str, Any]) -> Exchanged:
        """Post JSON; as :meth:`get`."""
        headers = self._headers({"Accept": JSON, "Content-Type": JSON})
        return self._readable(
            url, self.agent.send("POST", url, headers, json.dumps(members).encode())
        )

    def post_form(self, url: str, form: Mapping[str, str]) -> Exchanged:
        """Post a form; as :meth:`get`."""
        headers = self._headers({"Accept": JSON, "Content-Type": FORM})
        return self._readable(url, self.agent.send("POST", url, headers, urlencode(form).encode()))

    def _headers(self, headers: Mapping[str, str]) -> Mapping[str, str]:
        origin = self.client.origin
        return headers if origin is None else {**headers, "Origin": origin}

    def _readable(self, url: str, exchanged: Exchanged) -> Exchanged:
        origin = self.client.origin
        allowed = exchanged.headers.get(ALLOW_ORIGIN)
        if origin is not None and exchanged.status < 400 and allowed not in ("*", origin):
            raise StepRefused(
                f"A page of {origin} cannot read the response of {url}: it has no CORS header. "
                "Something in front of the server removes it"
            )
        return exchanged

    def resource_in(self, request: str) -> dict[str, str]:
        """The parameter ``resource`` of a request, if the client names it there."""
        return {"resource": self.api.url} if request in self.client.resource else {}

    def authentication(self) -> dict[str, str]:
        """The parameters by which it authenticates."""
        signed = assertion(self.client, self.client_id, self.issuer) if self.signs else {}
        return {"client_id": self.client_id, **signed}

    def bearer(self) -> Mapping[str, str]:
        """The header with the access token."""
        return {"Authorization": f"Bearer {self.tokens.get('access_token', '')}"}


INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 0,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "poauth2 doctor", "version": "1"},
    },
}


def called(c: Conversation, method: str, headers: Mapping[str, str] = NO_HEADERS) -> Exchanged:
    """The response of the API: to a GET, or to the first request of the protocol by POST."""
    accept = {"Accept": f"{JSON}, text/event-stream", **headers}
    if method == "GET":
        return c.agent.send("GET", c.api.url, accept)
    body = json.dumps(INITIALIZE).encode()
    return c.agent.send("POST", c.api.url, {**accept, "Content-Type": JSON}, body)

"""Requests within the process, to the application that a registry belongs to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http.cookies import SimpleCookie
from itertools import islice
from typing import Any
from urllib.parse import unquote, urlsplit

from pyramid.request import Request
from pyramid.router import Router

from ..interfaces import ISettings
from ..responses import REFUSAL
from .exchange import NO_HEADERS, Exchanged
from .signed_in import KEY, SimulatedOwners

ADDRESS = "127.0.0.1"
STREAM = "text/event-stream"
MOST = 64  # chunks of a body


class InProcess:
    """Sends requests as they arrive at the application: by its public URL, behind every proxy.

    :param owners: the users, of whom one is signed in.
    """

    def __init__(self, registry: Any, owners: SimulatedOwners) -> None:
        self._router = Router(registry)
        self._owners = owners
        self._prefix = unquote(urlsplit(registry.getUtility(ISettings).public_url).path)
        self._cookies: dict[str, str] = {}

    def send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] = NO_HEADERS,
        body: bytes = b"",
        *,
        of_user: bool = False,
    ) -> Exchanged:
        """See :class:`~.exchange.Agent`; cookies are those of the user's browser."""
        request = Request.blank(url, method=method, headers=dict(headers), body=body)
        environ = request.environ
        environ["REMOTE_ADDR"] = ADDRESS
        # WebOb adds the default port, which no client sends.
        environ["HTTP_HOST"] = urlsplit(url).netloc
        self._strip_prefix(environ)
        if of_user:
            environ[KEY] = self._owners.mark
            environ["HTTP_COOKIE"] = "; ".join(f"{n}={v}" for n, v in self._cookies.items())
        try:
            status, received, chunks = request.call_application(self._router)
        except Exception as error:
            return Exchanged(500, refusal=environ.get(REFUSAL), failed=type(error).__name__)
        try:
            return self._exchanged(environ, status, received, chunks, of_user)
        finally:
            if hasattr(chunks, "close"):
                chunks.close()

    def _strip_prefix(self, environ: dict[str, Any]) -> None:
        # As the server does with a path prefix: the well-known paths arrive in full.
        path = environ["PATH_INFO"]
        if self._prefix and f"{path}/".startswith(f"{self._prefix}/"):
            environ["SCRIPT_NAME"] = self._prefix
            environ["PATH_INFO"] = path[len(self._prefix) :]

    def _exchanged(
        self,
        environ: dict[str, Any],
        status: str,
        received: list[tuple[str, str]],
        chunks: Iterable[bytes],
        of_user: bool,
    ) -> Exchanged:
        headers = {name.lower(): value for name, value in received}
        if of_user:
            for name, value in received:
                if name.lower() == "set-cookie":
                    found = SimpleCookie(value)
                    self._cookies |= {key: morsel.value for key, morsel in found.items()}
        # A stream of events has no end.
        streams = headers.get("content-type", "").startswith(STREAM)
        body = b"" if streams else b"".join(islice(chunks, MOST))
        return Exchanged(int(status.split()[0]), headers, body, environ.get(REFUSAL))

"""An application under measurement, and the requests that are sent to it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import Any, TypeAlias
from urllib.parse import urlencode

Application: TypeAlias = Callable[..., Iterable[bytes]]
Environ: TypeAlias = dict[str, Any]

ISSUER = "http://localhost"
SCOPE = "read"
REDIRECT_URI = "https://client.example/callback"
USER, PASSWORD = "alice", "wonderland"
CLIENT_ID = "bench"


@dataclass(frozen=True)
class Answer:
    """The response of the application."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Site:
    """A WSGI application and its confidential client.

    :param secret: the secret of the client.
    :param close: closes the connections to the store.
    :param service: that of the add-on, None for another application.
    :param others: the secrets of the clients of a feature.
    """

    application: Application
    secret: str = field(repr=False)
    close: Callable[[], None]
    service: Any = None
    client_id: str = CLIENT_ID
    others: Mapping[str, str] = field(default_factory=dict, repr=False)

    def by(self, client_id: str) -> Site:
        """The same, with another client."""
        return replace(self, client_id=client_id, secret=self.others[client_id])

    @property
    def basic(self) -> str:
        """The client's ``Authorization`` header."""
        pair = f"{self.client_id}:{self.secret}".encode()
        return "Basic " + base64.b64encode(pair).decode("ascii")

    def form(self, path: str, **fields: str) -> Environ:
        """A POST by the client, with its credentials in the header, if it has a secret."""
        if not self.secret:
            body = urlencode({**fields, "client_id": self.client_id}).encode()
            return environ("POST", path, body)
        return environ("POST", path, urlencode(fields).encode(), HTTP_AUTHORIZATION=self.basic)

    def tokens(self) -> Any:
        """The response to a password grant, which includes a refresh token."""
        fields = {"username": USER, "password": PASSWORD, "scope": SCOPE}
        return self.ask(self.form("/oauth2/token", grant_type="password", **fields)).json

    def ask(self, request: Environ) -> Answer:
        """Send one request; read the whole response.

        :raises AssertionError: it is an error response.
        """
        started: list[Any] = []
        chunks = self.application(request, lambda *arguments: started.append(arguments))
        body = b"".join(chunks)
        if close := getattr(chunks, "close", None):
            close()
        ((status, headers, *_),) = started
        names = {name.title(): value for name, value in headers}
        answer = Answer(int(status[:3]), names, body)
        assert answer.status < 400, answer
        return answer


def environ(method: str, path: str, body: bytes = b"", query: str = "", **more: str) -> Environ:
    """A request as a WSGI server passes it on, with the headers of browsers and libraries."""
    return {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "localhost",
        "HTTP_USER_AGENT": "python-requests/2.32",
        "HTTP_ACCEPT": "*/*",
        "HTTP_ACCEPT_ENCODING": "gzip, deflate",
        "HTTP_CONNECTION": "keep-alive",
        "CONTENT_TYPE": "application/x-www-form-urlencoded" if body else "",
        "CONTENT_LENGTH": str(len(body)) if body else "",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(body),
        "wsgi.errors": BytesIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        **more,
    }

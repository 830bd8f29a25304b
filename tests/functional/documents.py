"""Documents of clients, as a fetcher of the tests has them: no connection is opened."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from pyramid_oauth2.fetching.responses import FetchError, Response
from pyramid_oauth2.interfaces import IFetcher
from pyramid_oauth2.interfaces.fetcher import Report
from tests.functional.flow import BACK

URL = "https://app.example/oauth/client.json"
DOCUMENT = {
    "client_id": URL,
    "client_name": "Notes",
    "redirect_uris": [BACK, "http://127.0.0.1/callback"],
    "grant_types": ["authorization_code", "refresh_token"],
    "token_endpoint_auth_method": "none",
}
ALLOWED = {"client_id_metadata": "allowed", "client_id_metadata.hosts": "app.example"}
SCOPES = {"client_id_metadata.scopes": "read write"}


def document(**changes: Any) -> dict[str, Any]:
    """The document with changes; None removes a member."""
    return {name: value for name, value in {**DOCUMENT, **changes}.items() if value is not None}


class Documents:
    """What is at URLs: JSON, bytes, or a failure."""

    def __init__(self, **others: Any) -> None:
        self.found: dict[str, Any] = {URL: document(), **others}
        self.fetched: list[str] = []
        self.cache_control = ""
        self.etag = ""

    def get(self, url: str, most: int, report: Report, etag: str = "") -> Response:
        self.fetched.append(url)
        found = self.found.get(url, FetchError("answers with the status 404"))
        if isinstance(found, FetchError):
            report(url, str(found))
            raise found
        body = found if isinstance(found, bytes) else json.dumps(found).encode()
        report(url, None)
        if etag and etag == self.etag:
            return Response(304, b"", cache_control=self.cache_control, etag=etag)
        return Response(200, body, cache_control=self.cache_control, etag=self.etag)

    def configure(self) -> Callable[[Any], None]:
        return lambda config: config.registry.registerUtility(self, IFetcher)

"""Where the keys of an authorization server are, and fetching them (RFC 8414, RFC 7517)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..jose.objects import json_object
from ..jose.published_keys import Document
from ..protocol.records import StoreUnavailable
from ..protocol.server_metadata import metadata_path
from ..settings.types import BadValue, endpoint_url
from .outgoing import make_fetcher

if TYPE_CHECKING:
    from ..fetching import Fetcher, Response

ACCEPT = {"Accept": "application/json"}


class KeySet:
    """The document with the keys of an issuer.

    :param url: where it is; None: its metadata say it, and are read again when it fails.
    """

    def __init__(self, issuer: str, url: str | None, fetcher: Fetcher, failure: Any) -> None:
        self._issuer = issuer
        self._url = url
        self._fetcher = fetcher
        self._failure = failure
        self._found: str | None = None

    def __call__(self) -> Document:
        """Fetch it.

        :raises StoreUnavailable: there is no usable response.
        """
        url = self._url or self._found or self._discovered()
        self._found = None  # If it fails, its place may have changed.
        response = self._get(url)
        self._found = url
        return Document(response.body, response.cache_control)

    def _discovered(self) -> str:
        scheme, _, rest = self._issuer.partition("://")
        host = rest.partition("/")[0]
        where = f"{scheme}://{host}{metadata_path(self._issuer)}"
        try:
            members = json_object(self._get(where).body)
            # RFC 8414 section 3.3: "this MUST be identical to the authorization server's issuer
            # identifier value".
            if members.get("issuer") != self._issuer:
                raise StoreUnavailable(f"The metadata at {where} are of another issuer.")
            return endpoint_url(str(members.get("jwks_uri")))
        except BadValue:
            raise StoreUnavailable(
                f"The metadata at {where} have no usable jwks_uri: the server does not sign, or "
                "write oauth2.jwks_uri."
            ) from None
        except ValueError as error:
            raise StoreUnavailable(f"The document at {where} {error}.") from None

    def _get(self, url: str) -> Response:
        try:
            response = self._fetcher.get(url, ACCEPT)
        except self._failure as error:
            raise StoreUnavailable(f"{url} {error}.") from None
        if response.status != 200:
            raise StoreUnavailable(f"{url} answers with {response.status}.")
        return response

    def close(self) -> None:
        """Close every connection. It may be used again afterwards."""
        self._fetcher.close()


def fetch_keys(issuer: str, url: str | None) -> KeySet:
    """What fetches the keys of an issuer.

    :raises StartupError: urllib3 is not installed.
    """
    return KeySet(issuer, url, *make_fetcher())

"""Fetches the JWK Sets that clients publish. Needs urllib3."""

from __future__ import annotations

from typing import Any

from ...fetching.fetcher import Fetcher
from ...fetching.loopback_fetcher import fetcher_for
from ...fetching.responses import MAX_BODY, Busy, FetchError, Response
from ...interfaces.fetcher import IFetcher
from ...jose.published_keys import Document, NotAsked
from ...protocol.events import DocumentFetched, Emit
from ...protocol.records import StoreUnavailable

PURPOSE = "jwks_uri"
ACCEPT = {"Accept": "application/json"}
OK = 200


class FetchedKeySets:
    """Sends the requests for key sets.

    What an operator has written may be anywhere. What a client has registered itself, what a
    document names, and what a user has written is a stranger's: it is on a public address.

    :param registry: of the application, which may have another fetcher, for tests.
    :param emit: gets an event for each request that is sent.
    :param issuer: of the server: one on a loopback host also fetches what is there.
    """

    def __init__(self, registry: Any, emit: Emit, issuer: str) -> None:
        self._emit = emit
        self._operators = Fetcher()
        found = None if registry is None else registry.queryUtility(IFetcher)
        self._strangers = found or fetcher_for(issuer)

    def of_operator(self, url: str) -> Document:
        """The set at a URL that an operator has written.

        :raises StoreUnavailable: there is no usable response.
        """
        problem: str | None = None
        try:
            response = self._operators.get(url, ACCEPT)
            if response.status != OK:
                raise FetchError(f"answers with the status {response.status}")
            return _document(response)
        except FetchError as error:
            problem = str(error)
            raise StoreUnavailable(f"{url} {problem}.") from None
        finally:
            self._report(url, problem)

    def of_stranger(self, url: str) -> Document:
        """The set at a URL that anyone may have written.

        :raises NotAsked: there are too many requests at this moment.
        :raises StoreUnavailable: there is no usable response.
        """
        try:
            return _document(self._strangers.get(url, MAX_BODY, self._report))
        except Busy as busy:
            raise NotAsked(f"{url} {busy}.") from None
        except FetchError as error:
            raise StoreUnavailable(f"{url} {error}.") from None

    def _report(self, url: str, problem: str | None) -> None:
        self._emit(DocumentFetched(url=url, purpose=PURPOSE, error=problem))


def _document(response: Response) -> Document:
    return Document(response.body, response.cache_control)

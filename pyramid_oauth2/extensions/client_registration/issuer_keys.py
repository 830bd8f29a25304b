"""The keys of the issuers of software statements, which an operator has named. Needs urllib3."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from ...fetching import Fetcher, FetchError
from ...jose.published_keys import Document, PublishedKeys, Refreshing
from ...protocol.records import StoreUnavailable

ACCEPT = {"Accept": "application/json"}
OK = 200
# Anyone can send a statement, and each fetch may hold a thread for seconds.
TIMES = Refreshing(rest=60)


def issuer_keys(issuers: Mapping[str, str]) -> dict[str, PublishedKeys]:
    """The keys of each issuer; nothing is fetched before they are needed.

    :param issuers: the URLs of their key sets.
    """
    fetcher = Fetcher()
    return {
        issuer: PublishedKeys(f"The key set {url}", partial(_fetched, fetcher, url), TIMES)
        for issuer, url in issuers.items()
    }


def _fetched(fetcher: Fetcher, url: str) -> Document:
    try:
        response = fetcher.get(url, ACCEPT)
    except FetchError as error:
        raise StoreUnavailable(f"{url} {error}.") from None
    if response.status != OK:
        raise StoreUnavailable(f"{url} answers with {response.status}.")
    return Document(response.body, response.cache_control)

"""What a server fetches that is itself on this computer alone, for development: also from here."""

from __future__ import annotations

from zope.interface import implementer

from ..interfaces.fetcher import IFetcher, Report
from .fetcher import Fetcher
from .public_fetcher import HEADERS, OK, PublicFetcher
from .public_urls import is_on_loopback
from .responses import FetchError, Response


def fetcher_for(issuer: str) -> IFetcher:
    """What fetches for a server of this issuer; no setting makes it more lenient."""
    public = PublicFetcher()
    return LoopbackFetcher(public) if is_on_loopback(issuer) else public


@implementer(IFetcher)
class LoopbackFetcher:
    """Sends GET requests over http to loopback hosts, and leaves all others to another fetcher.

    :param others: fetches what is elsewhere.
    """

    def __init__(self, others: IFetcher) -> None:
        self._others, self._fetcher = others, Fetcher()

    def get(self, url: str, most: int, report: Report, etag: str = "") -> Response:
        """The body at a URL; see :class:`~pyramid_oauth2.interfaces.IFetcher`."""
        if not is_on_loopback(url):
            return self._others.get(url, most, report, etag)
        problem: str | None = None
        try:
            return self._fetched(url, most)
        except FetchError as error:
            problem = str(error)
            raise
        finally:
            report(url, problem)

    def _fetched(self, url: str, most: int) -> Response:
        response = self._fetcher.get(url, HEADERS)
        if response.status != OK:
            raise FetchError(f"answers with the status {response.status}")
        if len(response.body) > most:
            raise FetchError(f"answers with more than {most} bytes")
        return response

"""What fetches the documents that strangers name."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from zope.interface import Interface

if TYPE_CHECKING:
    from ..fetching.responses import Response

Report = Callable[[str, str | None], None]
"""Gets the URL of each request that was sent, and why there is no usable response, or None."""


class IFetcher(Interface):
    """Fetches JSON from the public internet: a URL that a stranger has named.

    The server has one of its own. A utility of this interface in the registry of the application
    takes its place, for tests without a network.
    """

    def get(url: str, most: int, report: Report, etag: str = "") -> Response:
        """The response with status 200 to a GET request.

        :param most: the most bytes that its body may have.
        :param etag: of the response that is known already: if nothing has changed, the status is
            304, without a body (RFC 9110 section 13.1.2). Empty if there is none.
        :param report: called once for each request that is sent; not where one that is on its
            way, or that failed a moment ago, responds to several.
        :raises FetchError: there is none; the message goes on after the host.
        """

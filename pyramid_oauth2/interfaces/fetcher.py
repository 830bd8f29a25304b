"""What fetches the documents that strangers name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zope.interface import Interface

if TYPE_CHECKING:
    from ..fetching.responses import Response


class IFetcher(Interface):
    """Fetches JSON from the public internet: a URL that a stranger has named.

    The server has one of its own. A utility of this interface in the registry of the application
    takes its place, for tests without a network.
    """

    def get(url: str, most: int) -> Response:
        """The response with status 200 to a GET request.

        :param most: the most bytes that its body may have.
        :raises FetchError: there is none; the message goes on after the host.
        """

"""What a resource server sends requests with; its library is an extra."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..startup_error import StartupError

if TYPE_CHECKING:
    from ..fetching import Fetcher, FetchError


def make_fetcher() -> tuple[Fetcher, type[FetchError]]:
    """What sends requests, and what it raises if there is no usable response.

    :raises StartupError: urllib3 is not installed.
    """
    try:
        from ..fetching import Fetcher, FetchError
    except ImportError as error:
        raise StartupError(
            "oauth2.mode = resource_server needs a package that is not installed: "
            "pip install urllib3"
        ) from error
    return Fetcher(), FetchError

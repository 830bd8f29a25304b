"""Which URLs a stranger may make the server fetch."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from .responses import FetchError

PORT = 443
LONGEST_HOST = 253
# The last label begins with a letter: a resolver reads numbers, in any base, as an address.
_HOST = re.compile(
    r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?",
    re.IGNORECASE,
)
_LOOPBACK = re.compile(r"http://(?:localhost|127\.0\.0\.1|\[::1\])(?::[1-9][0-9]{0,4})?(?:/|$)")
_URL = re.compile(r"[\x21\x23-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7a\x7e]+")


class URLRefused(FetchError):
    """It is not requested at all: the URL itself, or where it leads, is not for the public."""


def public_host(url: str) -> str:
    """The host of a URL that may be fetched: a name of several labels, in lower case.

    :raises URLRefused: it is not https on the standard port of such a host, without a user name
        and a fragment.
    """
    # Parsers read other characters differently, so that the host that is checked here might not
    # be the one that another connects to.
    if not _URL.fullmatch(url):
        raise URLRefused("is not a URL")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise URLRefused("is not a URL") from None
    if parts.scheme != "https":
        raise URLRefused("is not https")
    if "@" in parts.netloc or "#" in url:
        raise URLRefused("has a user name or a fragment")
    if port not in (None, PORT):
        raise URLRefused(f"has another port than {PORT}")
    if len(host) > LONGEST_HOST or not _HOST.fullmatch(host):
        raise URLRefused("has no host name of the public internet")
    return host


def is_on_loopback(url: str) -> bool:
    """Whether a URL is http on a loopback host.

    A stranger may name one to a server that is itself there, and to no other: for development.
    """
    return _LOOPBACK.match(url) is not None

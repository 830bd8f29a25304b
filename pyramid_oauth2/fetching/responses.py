"""A response to an outgoing request, and why there may be none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

MAX_BODY = 64 * 1024


class FetchError(Exception):
    """There is no usable response; the message says why. It never repeats what was sent."""


class NotConnected(FetchError):
    """Nothing accepts connections there."""


class TooSlow(FetchError):
    """There is no complete response in time.

    :ivar seconds: how long was waited.
    """

    def __init__(self, message: str, seconds: int) -> None:
        super().__init__(message)
        self.seconds = seconds


class BodyTooLong(FetchError):
    """The body is longer than :data:`MAX_BODY` bytes.

    :ivar response: the response without its body.
    """

    def __init__(self, response: Response) -> None:
        super().__init__(f"answers with more than {MAX_BODY} bytes")
        self.response = response


@dataclass(frozen=True)
class Response:
    """A response of any status.

    :param body: empty if the status is not 200, unless the body of every status was asked for.
    :param challenge: the ``WWW-Authenticate`` header; empty if there is none.
    :param cache_control: the header of that name; empty if there is none.
    :param etag: the header of that name, by which the same document is asked for again (RFC 9110
        section 8.8.3); empty if there is none.
    :param headers: all of them, by their names in lower case; none if they are of no use.
    """

    status: int
    body: bytes
    challenge: str = ""
    cache_control: str = ""
    etag: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)


class Busy(FetchError):
    """It is not asked now, since there are too many requests at this moment."""

"""Requests to URLs that an operator has named in the settings or on a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from urllib.parse import urlsplit

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager, Timeout
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NewConnectionError,
    ProtocolError,
    ReadTimeoutError,
)
from urllib3.util import parse_url

from ..deadlines import Deadline, check
from ..per_process import PerProcess
from .connections import WatchedHTTPConnection, WatchedHTTPSConnection
from .responses import MAX_BODY, BodyTooLong, FetchError, NotConnected, Response, TooSlow

CONNECT_SECONDS = 2
READ_SECONDS = 3
TOTAL_SECONDS = CONNECT_SECONDS + READ_SECONDS
CONNECTIONS = 10


class Fetcher:
    """Sends requests. Connections are kept open, and shared by the threads of a process only."""

    def __init__(self) -> None:
        self._pool = PerProcess(partial(_Manager, CONNECTIONS))

    def get(self, url: str, headers: Mapping[str, str], every_body: bool = False) -> Response:
        """Send a GET request; as :meth:`post`."""
        return self._send("GET", url, None, headers, every_body)

    def post(
        self, url: str, body: str, headers: Mapping[str, str], every_body: bool = False
    ) -> Response:
        """Send a POST request; once more if the connection breaks, in the same time.

        :param every_body: whether to read the body of a response whose status is not 200.
        :raises FetchError: there is no complete response within :data:`TOTAL_SECONDS`,
            or it is longer than :data:`MAX_BODY` bytes.
        """
        return self._send("POST", url, body, headers, every_body)

    def send(self, method: str, url: str, body: str, headers: Mapping[str, str]) -> Response:
        """Send a request by any method, and read the body of every status; as :meth:`post`."""
        return self._send(method, url, body or None, headers, every_body=True)

    def _send(
        self, method: str, url: str, body: str | None, headers: Mapping[str, str], every_body: bool
    ) -> Response:
        with Deadline(TOTAL_SECONDS) as deadline:
            try:
                try:
                    response = self._exchange(method, url, body, headers, every_body)
                except ProtocolError:
                    # A kept-open connection that the server had closed.
                    response = self._exchange(method, url, body, headers, every_body)
                # Headers that end with the connection, instead of an empty line, would be accepted.
                deadline.check()
                return response
            except (HTTPError, TimeoutError) as error:
                raise _failure(error, deadline.passed) from None

    def _exchange(
        self, method: str, url: str, body: str | None, headers: Mapping[str, str], every_body: bool
    ) -> Response:
        check()
        response = self._pool().request(
            method,
            url,
            body=body,
            headers=headers,
            preload_content=False,
            # No retry, which would wait twice for a slow server, and no redirect, which would
            # send the body to another host. Set here, because urllib3 before 2.5 follows
            # redirects if they are only forbidden on the pool.
            retries=False,
            redirect=False,
        )
        try:
            challenge = response.headers.get("WWW-Authenticate", "")
            cache_control = response.headers.get("Cache-Control", "")
            headers = {name.lower(): value for name, value in response.headers.items()}
            without_body = Response(response.status, b"", challenge, cache_control, headers=headers)
            if response.status == 200 or every_body:
                content = response.read(MAX_BODY + 1, decode_content=True)
                if len(content) > MAX_BODY:
                    raise BodyTooLong(without_body)
                return replace(without_body, body=content)
            response.close()
            return without_body
        except BaseException:
            # The rest of this response would be read as the response to the next request.
            response.close()
            raise
        finally:
            response.release_conn()

    def close(self) -> None:
        """Close every connection. The fetcher may be used again afterwards."""
        if (pool := self._pool.made()) is not None:
            pool.clear()


def _failure(error: Exception, has_passed: bool) -> FetchError:
    if has_passed:
        return TooSlow("does not answer: too slow", TOTAL_SECONDS)
    message = f"does not answer: {type(error).__name__}"
    if isinstance(error, ReadTimeoutError):
        return TooSlow(message, READ_SECONDS)
    # Of a name that does not resolve too.
    if isinstance(error, NewConnectionError | ConnectTimeoutError):
        return NotConnected(message)
    return FetchError(message)


def check_url(url: str) -> None:
    """Refuse what no request can be sent to.

    :raises ValueError: it has no host, or no parser accepts it.
    """
    parts = urlsplit(url)
    if not parts.hostname or parts.port == 0:
        raise ValueError("there is no host, or no port")
    parse_url(url)
    parts.hostname.encode("idna")  # As the connection does, with another error.


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = WatchedHTTPConnection


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = WatchedHTTPSConnection


class _Manager(PoolManager):
    def __init__(self, connections: int) -> None:
        super().__init__(
            maxsize=connections,
            timeout=Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
        )
        self.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}

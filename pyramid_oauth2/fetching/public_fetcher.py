"""Requests to URLs that a stranger has named: to public addresses, and with no second try."""

from __future__ import annotations

import re
from ssl import SSLContext
from urllib.parse import urlsplit

from urllib3 import Timeout
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NewConnectionError,
    SSLError,
)
from urllib3.response import BaseHTTPResponse
from zope.interface import implementer

from ..deadlines import Deadline, check
from ..interfaces.fetcher import IFetcher, Report
from .flights import Flights
from .public_connections import Connect, PublicPool, connect
from .public_urls import public_host
from .resolution import Resolve, look_up, public_addresses
from .responses import Busy, FetchError, NotConnected, Response, TooSlow

CONNECT_SECONDS = 2.0
TOTAL_SECONDS = 5.0
OK, NOT_MODIFIED = 200, 304
# RFC 9110 section 8.8.3, no longer than we keep for each document.
ETAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e]{0,200}"')
HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    # Without a version and without the issuer: whose server asks is not for a stranger to know.
    "User-Agent": "pyramid_oauth2",
    "Connection": "close",
}


@implementer(IFetcher)
class PublicFetcher:
    """Sends GET requests, few at a time.

    No address of ours is reached, no redirect is followed, no proxy and no cookie is used, and
    nothing about this server is sent. The parameters are for tests: no setting has them.

    :param resolve: returns the addresses of a host; each look-up is used once.
    :param connect: opens a connection to one of them.
    :param context: of TLS; None: the system's certificate authorities.
    """

    def __init__(
        self,
        resolve: Resolve = look_up,
        connect: Connect = connect,
        context: SSLContext | None = None,
    ) -> None:
        self._resolve, self._connect, self._context = resolve, connect, context
        self._flights = Flights()

    def get(self, url: str, most: int, report: Report, etag: str = "") -> Response:
        """The JSON at a URL; see :class:`~pyramid_oauth2.interfaces.IFetcher`."""
        host, known = public_host(url), etag if ETAG.fullmatch(etag) else ""
        for _ in range(2):
            response = self._flights(
                url, host, lambda: self._reported(url, host, most, report, known)
            )
            # What another caller has got: that its own document has not changed says nothing here.
            if response.status != NOT_MODIFIED or response.etag == known:
                return response
        raise Busy("is not asked now: another request for it is on its way")

    def _reported(self, url: str, host: str, most: int, report: Report, etag: str) -> Response:
        problem: str | None = None
        try:
            return self._fetched(url, host, most, etag)
        except FetchError as error:
            problem = str(error)
            raise
        finally:
            report(url, problem)

    def _fetched(self, url: str, host: str, most: int, etag: str) -> Response:
        with Deadline(TOTAL_SECONDS) as deadline:
            try:
                addresses = public_addresses(host, self._resolve, CONNECT_SECONDS)
                with PublicPool(
                    host,
                    timeout=Timeout(connect=CONNECT_SECONDS, read=TOTAL_SECONDS),
                    retries=False,
                    ssl_context=self._context,
                    cert_reqs="CERT_REQUIRED",
                    addresses=addresses,
                    connect=self._connect,
                ) as pool:
                    response = _exchange(pool, url, most, etag)
                deadline.check()
                return response
            except (HTTPError, TimeoutError) as error:
                raise _failure(error, deadline.passed) from None


def _exchange(pool: PublicPool, url: str, most: int, etag: str) -> Response:
    target = urlsplit(url)._replace(scheme="", netloc="").geturl() or "/"
    response = pool.urlopen(
        "GET",
        target,
        headers={**HEADERS, "If-None-Match": etag} if etag else HEADERS,
        redirect=False,
        preload_content=False,
        decode_content=False,
    )
    try:
        # Headers that end with the connection, because the time was over, look complete.
        check()
        cache_control = response.headers.get("Cache-Control", "")
        if etag and response.status == NOT_MODIFIED:
            return Response(response.status, b"", cache_control=cache_control, etag=etag)
        _check_head(response)
        # Not by its Content-Length, which may be missing or wrong.
        content = response.read(most + 1, decode_content=False)
        if len(content) > most:
            raise FetchError(f"answers with more than {most} bytes")
        new_etag = response.headers.get("ETag", "")
        return Response(response.status, content, cache_control=cache_control, etag=new_etag)
    finally:
        response.close()


def _check_head(response: BaseHTTPResponse) -> None:
    """Refuse what is no JSON document (RFC 8259 section 11, RFC 6839 section 3.1)."""
    if response.status != OK:
        raise FetchError(f"answers with the status {response.status}")
    if response.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise FetchError("answers with a compressed body")
    media_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    of_json = media_type.startswith("application/") and media_type.endswith("+json")
    if media_type != "application/json" and not of_json:
        raise FetchError("answers with something else than JSON")


def _failure(error: Exception, has_passed: bool) -> FetchError:
    if has_passed:
        return TooSlow("does not answer: too slow", round(TOTAL_SECONDS))
    if isinstance(error, NewConnectionError | ConnectTimeoutError):
        return NotConnected("does not answer: it accepts no connection")
    if isinstance(error, SSLError):
        return FetchError("has no certificate that is valid for its name")
    return FetchError(f"does not answer as HTTP demands: {type(error).__name__}")

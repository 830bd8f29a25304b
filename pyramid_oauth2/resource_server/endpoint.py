"""A client of the authorization server's introspection endpoint (RFC 7662 section 2.1)."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus, urlencode

from pyramid.exceptions import ConfigurationError

from ..per_process import PerProcess
from ..protocol.http import FORM
from ..protocol.records import StoreUnavailable

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

CONNECT_SECONDS = 2
READ_SECONDS = 3
CONNECTIONS = 10
MAX_ANSWER = 64 * 1024
REST_SECONDS = 2

REFUSED = (
    "The introspection endpoint refuses this application's credentials: see to "
    "oauth2.introspection.client_id and .client_secret."
)


class IntrospectionEndpoint:
    """The endpoint, used by this resource server as its client.

    The client authenticates by HTTP Basic. Connections are opened when needed, kept
    open, and shared by the threads of a process, but never by two processes.

    While the endpoint does not respond, one request at a time waits for it; the others
    are refused at once. Otherwise a few invented tokens would block every thread.

    :param clock: returns the time in seconds.
    :raises pyramid.exceptions.ConfigurationError: urllib3 is not installed.
    """

    def __init__(
        self,
        url: str,
        client_id: str,
        client_secret: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        try:
            import urllib3
        except ImportError:
            raise ConfigurationError(
                "oauth2.mode = resource_server needs a package that is not installed: "
                "pip install urllib3"
            ) from None
        self._failure = urllib3.exceptions.HTTPError
        self._broken = urllib3.exceptions.ProtocolError
        self._url = url
        # RFC 6749 section 2.3.1: both halves are form-encoded.
        pair = f"{quote_plus(client_id)}:{quote_plus(client_secret)}"
        self._headers = {
            "Authorization": "Basic " + base64.b64encode(pair.encode()).decode("ascii"),
            "Content-Type": FORM,
            "Accept": "application/json",
        }
        self._pool = PerProcess(
            partial(
                urllib3.PoolManager,
                maxsize=CONNECTIONS,
                timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
            )
        )
        self._clock = clock
        self._silent = False
        self._rests_until = 0.0

    def ask(self, token: str) -> Mapping[str, Any]:
        """Send an introspection request; return the members of the response.

        :raises StoreUnavailable: there is no usable response. The request with
            this token is then refused: no token is accepted without a check.
        """
        self._refuse_while_silent()
        body = urlencode({"token": token, "token_type_hint": "access_token"})
        try:
            try:
                answer = self._post(body)
            except self._broken:
                # A kept-open connection that the server had closed.
                answer = self._post(body)
            self._silent = False
            return answer
        except self._failure as error:
            self._silent, self._rests_until = True, self._clock() + REST_SECONDS
            raise StoreUnavailable(
                f"The introspection endpoint {self._url} does not answer: {type(error).__name__}."
            ) from None

    def _refuse_while_silent(self) -> None:
        now = self._clock()
        if self._silent and now < self._rests_until:
            raise StoreUnavailable(
                f"The introspection endpoint {self._url} did not answer a moment ago."
            )
        # This request tries; others that arrive meanwhile do not wait with it.
        self._rests_until = now + CONNECT_SECONDS + READ_SECONDS

    def _post(self, body: str) -> Mapping[str, Any]:
        response = self._pool().request(
            "POST",
            self._url,
            body=body,
            headers=self._headers,
            preload_content=False,
            # No retry, which would wait twice for a slow server, and no redirect, which would
            # send the token to another host. Set here, because urllib3 before 2.5 follows
            # redirects if they are only forbidden on the pool.
            retries=False,
            redirect=False,
        )
        try:
            return _members(response)
        except BaseException:
            # The rest of this response would be read as the response to the next request.
            response.close()
            raise
        finally:
            response.release_conn()

    def close(self) -> None:
        """Close every connection. The endpoint may be used again afterwards."""
        if (pool := self._pool.made()) is not None:
            pool.clear()


def _members(response: BaseHTTPResponse) -> Mapping[str, Any]:
    if response.status in (401, 403):
        raise StoreUnavailable(REFUSED)
    if response.status != 200:
        raise StoreUnavailable(f"The introspection endpoint answers with {response.status}.")
    body = response.read(MAX_ANSWER + 1, decode_content=True)
    if len(body) > MAX_ANSWER:
        raise StoreUnavailable(f"The introspection endpoint's answer is over {MAX_ANSWER} bytes.")
    try:
        members = json.loads(body)
    except (ValueError, RecursionError):
        members = None
    if not isinstance(members, dict):
        raise StoreUnavailable("The introspection endpoint does not answer with a JSON object.")
    return members

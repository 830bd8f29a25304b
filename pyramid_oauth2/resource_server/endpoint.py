"""A client of the authorization server's introspection endpoint (RFC 7662 section 2.1)."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from ..circuit_breaker import CircuitBreaker
from ..protocol.client_authentication.basic import basic_authorization
from ..protocol.http import FORM
from ..protocol.records import StoreUnavailable
from .outgoing import make_fetcher

if TYPE_CHECKING:
    from ..fetching import Response

REST_SECONDS = 2

REFUSED = (
    "The introspection endpoint refuses this application's credentials: see to "
    "oauth2.introspection.client_id and .client_secret."
)


class IntrospectionEndpoint:
    """The endpoint, used by this resource server as its client.

    The client authenticates by HTTP Basic. While the endpoint does not respond, a few
    invented tokens do not block every thread: see
    :class:`~pyramid_oauth2.circuit_breaker.CircuitBreaker`.

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
        self._fetcher, self._failure = make_fetcher()
        from ..fetching import TOTAL_SECONDS  # Not at the top: its library is an extra.

        self._url = url
        self._headers = {
            "Authorization": basic_authorization(client_id, client_secret),
            "Content-Type": FORM,
            "Accept": "application/json",
        }
        self._breaker = CircuitBreaker(
            f"The introspection endpoint {url}", TOTAL_SECONDS, REST_SECONDS, clock
        )

    def ask(self, token: str) -> Mapping[str, Any]:
        """Send an introspection request; return the members of the response.

        :raises StoreUnavailable: there is no usable response. The request with
            this token is then refused: no token is accepted without a check.
        """
        began = self._breaker.check()
        body = urlencode({"token": token, "token_type_hint": "access_token"})
        try:
            response = self._fetcher.post(self._url, body, self._headers)
        except self._failure as error:
            self._breaker.failed(began)
            raise StoreUnavailable(f"The introspection endpoint {self._url} {error}.") from None
        else:
            self._breaker.answered()
        finally:
            self._breaker.ended(began)
        return _members(response)

    def close(self) -> None:
        """Close every connection. The endpoint may be used again afterwards."""
        self._fetcher.close()


def _members(response: Response) -> Mapping[str, Any]:
    if response.status in (401, 403):
        raise StoreUnavailable(REFUSED)
    if response.status != 200:
        raise StoreUnavailable(f"The introspection endpoint answers with {response.status}.")
    try:
        members = json.loads(response.body)
    except (ValueError, RecursionError):
        members = None
    if not isinstance(members, dict):
        raise StoreUnavailable("The introspection endpoint does not answer with a JSON object.")
    return members

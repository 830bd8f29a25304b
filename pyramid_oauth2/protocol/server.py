"""The authorization server as the protocol sees it: what is registered, and where state is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .addresses import TRUST_THE_PROXY
from .clients.cache import ClientCache
from .clients.field import ClientField
from .clients.metadata import BY_NAME
from .errors import InvalidRequest
from .records import ACCESS_TOKEN, AUTHORIZATION_CODE, INTERACTION, REFRESH_TOKEN, Client
from .token_strings import RandomBytes

if TYPE_CHECKING:
    from ..interfaces.application import IScope
    from ..interfaces.storage import IConsentStore, IGrantStore
    from .http import HTTPRequest
    from .throttling import Throttle


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long things live, in seconds.

    ``refresh_token_grace`` is for how long the response to a refresh can be repeated.
    """

    access_token: int
    public_access_token: int
    refresh_token: int
    refresh_token_grace: int
    authorization_code: int
    interaction: int
    consent: int
    grant: int

    def of(self, kind: str, client: Client) -> int:
        """The lifetime of a token of *kind* for *client*; a client may have its own."""
        if kind == ACCESS_TOKEN:
            default = self.public_access_token if client.public else self.access_token
            return client.lifetimes.get(ACCESS_TOKEN, default)
        lifetimes = {
            AUTHORIZATION_CODE: self.authorization_code,
            INTERACTION: self.interaction,
            REFRESH_TOKEN: self.refresh_token,
        }
        return lifetimes[kind]


@dataclass(frozen=True, slots=True)
class Server:
    """What the protocol, and every grant type, needs from outside: one value made at start-up.

    Of ``grant_types`` (those that are enabled) and ``client_authentications``
    the names count here; :class:`~.authorization_server.AuthorizationServer` knows
    their objects. ``default_scopes`` is None where none are set. ``is_active``
    returns whether a subject may still do anything. ``clock`` returns integer
    UTC seconds. ``client_fields`` are the fields of a client's metadata by name, also
    those that an application or an extension added.
    """

    issuer: str
    require_https: bool
    scopes: Mapping[str, IScope]
    default_scopes: frozenset[str] | None
    response_types: frozenset[str]
    require_pkce: bool
    single_access_token: bool
    lifetimes: Lifetimes
    grant_types: Mapping[str, object]
    client_authentications: Mapping[str, object]
    clients: ClientCache
    grants: IGrantStore
    consents: IConsentStore
    throttle: Throttle
    is_active: Callable[[str], bool]
    clock: Callable[[], int]
    random: RandomBytes
    client_fields: Mapping[str, ClientField] = field(default_factory=lambda: BY_NAME)

    @property
    def known_scopes(self) -> frozenset[str]:
        """The names of all scopes."""
        return frozenset(self.scopes)


def refuse_plain_http(server: Server, http: HTTPRequest) -> None:
    """Refuse a request that did not come by https where the server demands it.

    :raises InvalidRequest: it did not; the message names the cure.
    """
    # RFC 6749 sections 3.1 and 3.2: at both endpoints "the authorization server
    # MUST require the use of TLS".
    if server.require_https and not http.secure:
        raise InvalidRequest(
            "A secure connection is required: use https. (Behind a proxy that ends TLS, "
            f"{TRUST_THE_PROXY})"
        )

"""The authorization server as the protocol sees it: what is registered, and where state is."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from zope.interface import implementer

from ..interfaces.server import IServer
from .addresses import TRUST_THE_PROXY
from .clients.cache import ClientCache
from .clients.field import ClientField
from .clients.metadata import BY_NAME
from .errors import InvalidRequest
from .lifetimes import Lifetimes
from .parameters import MAX_VALUE
from .records import ACCESS_TOKEN, REFRESH_TOKEN, Client, StoreUnavailable
from .refusal import OWN_RULE, Refusal
from .resources import Resources
from .scopes import OFFLINE, OFFLINE_ACCESS
from .token_strings import RandomBytes

log = logging.getLogger(__name__)

if TYPE_CHECKING:
    from ..interfaces.application import IScope
    from ..interfaces.entries import IEntryStore
    from ..interfaces.signer import ISigner
    from ..interfaces.storage import IConsentStore, IGrantStore
    from .http import HTTPRequest
    from .throttling import Throttle

# Without a page on which a user can register, ``create`` has none.
PROMPT_VALUES = frozenset({"none", "login", "consent", "select_account"})
USER_ACTIVE = Refusal("user_active", OWN_RULE, decided_by="user")
HTTPS = Refusal("https", "RFC 6749 section 3.1", decided_by="oauth2.enforce_https")


class UserNotChecked(StoreUnavailable):
    """The application cannot say now whether a user is active, or whether a password is right.

    The user is neither active nor deactivated then: nothing is issued and no token is accepted,
    but a grant of the user can be listed and ended.
    """


# Never compared or shown: the class takes 0.5 ms of a start less.
@implementer(IServer)
@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Server:
    """What the protocol, and every grant type, needs from outside: one value made at start-up.

    ``resources`` are the protected resources that tokens are for.
    ``grant_types`` (those that are enabled) and ``client_authentications`` are names;
    :class:`~.authorization_server.AuthorizationServer` has their objects.
    ``default_scopes`` is None where none are set. ``is_active`` returns whether a subject
    may still do anything, or raises :exc:`UserNotChecked`; ``subject_exists`` whether a user has
    it, False where the application cannot say. ``clock`` returns integer UTC
    seconds. ``url`` returns the public URL of an endpoint, ``entry_store`` the store for
    entries. ``client_fields`` are the fields of a client's metadata by name, also those that
    an application or an extension added. ``max_parameter_length`` is in characters.
    ``private_schemes`` are those without a dot that a redirect URI may have.
    ``refresh_needs_offline_access`` is whether a refresh token needs that scope.
    ``claims`` returns what the application says about a subject, of the named claims, or
    raises :exc:`UserNotChecked`; ``claim_descriptions`` are the words for those that it adds.
    ``acr_values`` are the authentication context classes that it can say.
    ``end_session`` ends the application's own session of a subject and a ``sid``, and returns
    whether it did.
    ``prompt_values`` are those of the parameter ``prompt`` that have an effect.
    ``understood`` names what a record may name as critical beside its members: the values of
    the registered request extensions.
    """

    issuer: str
    resources: Resources
    require_https: bool
    scopes: Mapping[str, IScope]
    default_scopes: frozenset[str] | None
    response_types: frozenset[str]
    require_pkce: bool
    single_access_token: bool
    lifetimes: Lifetimes
    grant_types: frozenset[str]
    client_authentications: frozenset[str]
    clients: ClientCache
    grants: IGrantStore
    consents: IConsentStore
    throttle: Throttle
    is_active: Callable[[str], bool]
    subject_exists: Callable[[str], bool]
    clock: Callable[[], int]
    random: RandomBytes
    url: Callable[[str], str]
    entry_store: Callable[[], IEntryStore]
    client_fields: Mapping[str, ClientField] = field(default_factory=lambda: BY_NAME)
    max_parameter_length: int = MAX_VALUE
    refresh_needs_offline_access: bool = False
    private_schemes: frozenset[str] = frozenset()
    claims: Callable[[str, Collection[str]], Mapping[str, Any]] = lambda subject, names: {}
    claim_descriptions: Mapping[str, str] = field(default_factory=dict)
    acr_values: tuple[str, ...] = ()
    end_session: Callable[[str, str], bool] = lambda subject, sid: False
    prompt_values: frozenset[str] = PROMPT_VALUES
    understood: frozenset[str] = field(init=False, default=frozenset())

    @property
    def area(self) -> str:
        """The protected resource that tokens are for which name none: its URL."""
        return self.resources.area

    @property
    def resource_uris(self) -> Mapping[str, str]:
        """The APIs that were added by name: as their operator writes them, by canonical URI."""
        return {name: each.uri for name, each in self.resources.known.items()}

    @property
    def endpoints(self) -> Collection[str]:
        """The names of the registered endpoints."""
        return ()

    @property
    def signer(self) -> ISigner | None:
        """What signs for the server; None if nothing can."""
        return None

    @property
    def can_sign(self) -> bool:
        """Whether the server can sign."""
        return self.signer is not None

    def announce_key(self, algorithm: str) -> None:
        """Have a key for an algorithm, if that is possible now: it is published from then on."""
        if self.signer is None:
            return
        try:
            self.signer.key_for(algorithm)
        except StoreUnavailable as unavailable:
            # It is made when something is signed.
            log.warning("No key for %s can be published: %s", algorithm, unavailable)

    @property
    def entries(self) -> IEntryStore:
        """The store for entries.

        :raises pyramid.exceptions.ConfigurationError: the backend does not have one.
        """
        return self.entry_store()

    def subject_for(self, client: Client, subject: str) -> str:
        """The identifier by which *client* knows a user: the subject itself, by default."""
        return subject

    def client(self, client_id: str) -> Client | None:
        """The client of that identifier; None if there is none, or if it is disabled."""
        client = self.clients.get(client_id)
        return None if client is None or client.disabled_at is not None else client

    def may_be_offline(self, client: Client) -> bool:
        """Whether a client may have ``offline_access`` although it is no scope of the server."""
        return self._refreshes(client) and OFFLINE_ACCESS not in self.scopes

    def scope_of(self, client: Client) -> frozenset[str]:
        """The most that a client may be granted."""
        registered = (client.scope or self.default_scopes or frozenset()) & self.known_scopes
        return registered | OFFLINE if self.may_be_offline(client) else registered

    def may_refresh(self, client: Client, granted: frozenset[str]) -> bool:
        """Whether a client gets a refresh token.

        :param granted: the scope that the user has allowed.
        """
        allowed = not self.refresh_needs_offline_access or OFFLINE_ACCESS in granted
        return allowed and self._refreshes(client)

    def _refreshes(self, client: Client) -> bool:
        return REFRESH_TOKEN in self.grant_types and REFRESH_TOKEN in client.grant_types

    def lasts(self, client: Client, granted: frozenset[str]) -> int:
        """For how many seconds a client can use what a user allows it once, at most.

        :param granted: the scope that the user allows.
        """
        refreshes = self.may_refresh(client, granted)
        return self.lifetimes.grant if refreshes else self.lifetimes.of(ACCESS_TOKEN, client)

    def has_secret(self, client: Client) -> bool:
        """Whether a client authenticates by a secret."""
        return not client.public

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
            f"{TRUST_THE_PROXY})",
            refusal=HTTPS.comparing(url=http.url, remote_addr=http.remote_addr),
        )

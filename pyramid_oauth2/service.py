"""The running add-on of an application that is an authorization server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from zope.interface import implementer

from .interfaces import IBackend, IEntryStore, IService
from .interfaces.request import PyramidRequest
from .journal import Journal
from .protocol.authorization_server import AuthorizationServer
from .protocol.clients.registry import ClientRegistry
from .protocol.events import Emit
from .protocol.purging import Purger
from .protocol.sessions import Sessions
from .protocol.token.access_token import AccessToken
from .protocol.token.presentation import Presentation
from .protocol.token.recognised import RecognisedToken
from .protocol.token.resolution import recognise, resolve
from .protocol.token.token_response import BEARER
from .protocol.users import Users
from .request_changes import ClientsOfRequest, UsersOfRequest
from .resource_owners import ResourceOwners
from .settings import Settings
from .startup_error import StartupError

# The server needs a store for each of these ...
REQUIRED_ROLES = ("clients", "grants", "consents")
# ... and for entries only if a feature uses them.
ROLES = (*REQUIRED_ROLES, "entries")


def store_of(backends: Mapping[str, IBackend], settings: Settings, role: str) -> Any:
    """The store of a role; None for entries if the backend has no store for them."""
    # A backend that was written before there were entries does not have the attribute.
    return getattr(backends[settings.backend_of(role)], role, None)


def required_store(backends: Mapping[str, IBackend], settings: Settings, role: str) -> Any:
    """The store of a role.

    :raises pyramid.exceptions.ConfigurationError: the backend does not have one.
    """
    store = store_of(backends, settings, role)
    if store is None:
        raise StartupError(
            f"The backend {settings.backend_of(role)!r} does not keep {role}: "
            f"set oauth2.backend.{role} to one that does."
        )
    return store


def entry_store(
    backends: Mapping[str, IBackend], settings: Settings, purger: Purger
) -> IEntryStore:
    """The store for entries.

    It is looked up at each use, not at start-up: a backend without this role serves
    every other feature. From the first use on, issuing tokens also purges it.

    :raises pyramid.exceptions.ConfigurationError: the backend does not have one.
    """
    store: IEntryStore = required_store(backends, settings, "entries")
    purger.include(store)
    return store


@implementer(IService)
@dataclass(frozen=True)
class OAuth2Service:
    """Everything that serves requests, made once at start-up; it needs no request itself.

    For code without a request, :func:`~pyramid_oauth2.get_service` returns it.
    """

    settings: Settings
    server: AuthorizationServer
    owners: ResourceOwners
    backends: Mapping[str, IBackend]
    purger: Purger
    emit: Emit

    @property
    def clients(self) -> ClientRegistry:
        """The clients, for code that has no request: each change is written at once."""
        return ClientRegistry(self.server, self.server.clients, self.emit)

    @property
    def users(self) -> Users:
        """What users allow and own, and how it ends, for code that has no request."""
        return Users(self.server, self.emit)

    @property
    def sessions(self) -> Sessions:
        """In which sessions users have signed in at clients (``oauth2.openid``), and their end."""
        return Sessions(self.server, self.emit)

    @property
    def entries(self) -> IEntryStore:
        """The entry store, for features such as the key ring.

        :raises pyramid.exceptions.ConfigurationError: the backend does not have one.
        """
        return self.server.entries

    def clients_of_request(self, request: PyramidRequest) -> ClientRegistry:
        """The clients, for what *request* itself registers and changes.

        With ``oauth2.sqlalchemy.session`` a change is part of the request's own
        transaction; else it is written at once, and once for all attempts of the request.
        """
        backend = self.backends[self.settings.backend_of("clients")]
        in_request = getattr(backend, "clients_of_request", None)
        if in_request is None:
            return ClientsOfRequest(self.server, self.server.clients, Journal(request))
        stored = in_request(request)
        journal = Journal(request, rolled_back=stored is not backend.clients)
        return ClientsOfRequest(self.server, self.server.clients.within(stored), journal)

    def users_of_request(self, request: PyramidRequest) -> Users:
        """As :attr:`users`, for what *request* itself ends: the events have the request."""
        return UsersOfRequest(self.server, Journal(request))

    def present_clients(self, emit: Emit) -> ClientRegistry:
        """The clients as the store has them, past the cache; each change is written at once.

        For pages: after a change, every process must show it.
        """
        backend = self.backends[self.settings.backend_of("clients")]
        return ClientRegistry(self.server, self.server.clients.within(backend.clients), emit)

    @property
    def schemes(self) -> frozenset[str]:
        """The schemes of an Authorization header that presents an access token, in lower case."""
        return self.server.plug_ins.schemes

    @property
    def challenges(self) -> Mapping[str, Mapping[str, str]]:
        """The parameters of the challenge of each scheme."""
        constraints = self.server.plug_ins.sender_constraints.values()
        schemes = {each.scheme: each.challenge() for each in constraints if each.scheme}
        return {BEARER: {}, **schemes}

    def recognise(self, presentation: Presentation) -> RecognisedToken | None:
        """What a format reads in the string of a token; None if none knows it. No I/O."""
        return recognise(self.server, presentation.value)

    def resolve(
        self, presentation: Presentation, recognised: RecognisedToken | None = None
    ) -> AccessToken:
        """The valid access token that is presented: at most one read of the grant store.

        :param presentation: as :func:`~pyramid_oauth2.protocol.token.presentation.bearer`
            makes it of a string.
        :param recognised: what :meth:`recognise` returned for it, if it was called.
        :raises OAuth2Error: there is none.
        :raises StoreUnavailable: the store cannot answer.
        """
        return resolve(self.server, presentation, recognised)

    def close(self) -> None:
        """Finish what runs in the background, and close every connection."""
        if (sessions := self.server.plug_ins.sessions) is not None:
            sessions.close()
        for backend in self.backends.values():
            backend.close()

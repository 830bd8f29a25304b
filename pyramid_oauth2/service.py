"""The running add-on of an application that is an authorization server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from pyramid.exceptions import ConfigurationError
from zope.interface import implementer

from .events import notify
from .interfaces import IBackend, IEntryStore, IService
from .interfaces.request import PyramidRequest
from .protocol.authorization_server import AuthorizationServer
from .protocol.clients.registry import ClientRegistry
from .protocol.events import Emit
from .protocol.purging import Purger
from .protocol.token.presentation import AccessToken, resolve_access_token
from .resource_owners import ResourceOwners
from .settings import Settings

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
        raise ConfigurationError(
            f"The backend {settings.backend_of(role)!r} does not keep {role}: "
            f"set oauth2.backend.{role} to one that does."
        )
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
    def entries(self) -> IEntryStore:
        """The entry store, for a feature that uses entries; so far no feature does.

        It is looked up at each use, not at start-up: a backend without this role serves
        every other feature. From the first use on, issuing tokens also purges it.

        :raises pyramid.exceptions.ConfigurationError: the backend does not have one.
        """
        store: IEntryStore = required_store(self.backends, self.settings, "entries")
        self.purger.include(store)
        return store

    def clients_of_request(self, request: PyramidRequest) -> ClientRegistry:
        """The clients, for what *request* itself registers and changes.

        With ``oauth2.sqlalchemy.session`` a change is part of the request's own
        transaction; else it is written at once.
        """
        emit = partial(notify, request.registry, request=request)
        backend = self.backends[self.settings.backend_of("clients")]
        in_request = getattr(backend, "clients_of_request", None)
        if in_request is None:
            return ClientRegistry(self.server, self.server.clients, emit)
        store = self.server.clients.within(in_request(request))
        return ClientRegistry(self.server, store, emit)

    def present_clients(self, emit: Emit) -> ClientRegistry:
        """The clients as the store has them, past the cache; each change is written at once.

        For pages: after a change, every process must show it.
        """
        backend = self.backends[self.settings.backend_of("clients")]
        return ClientRegistry(self.server, self.server.clients.within(backend.clients), emit)

    def resolve(self, value: str) -> AccessToken:
        """The valid access token of that value: at most one read of the grant store.

        :raises InvalidToken: there is none.
        :raises StoreUnavailable: the store cannot answer.
        """
        return resolve_access_token(self.server, value)

    def close(self) -> None:
        """Close every connection."""
        for backend in self.backends.values():
            backend.close()

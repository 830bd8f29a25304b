"""The running add-on of an application that is an authorization server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from zope.interface import implementer

from .events import notify
from .interfaces import IBackend, IService
from .interfaces.request import PyramidRequest
from .protocol.authorization_server import AuthorizationServer
from .protocol.clients.registry import ClientRegistry
from .protocol.events import Emit
from .protocol.purging import Purger
from .protocol.token.presentation import AccessToken, resolve_access_token
from .resource_owners import ResourceOwners
from .settings import Settings

ROLES = ("clients", "grants", "consents")


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

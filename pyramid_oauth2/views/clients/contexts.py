"""The contexts of the pages: all clients, or those of the signed-in user.

The application's policy checks the permission against the context.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlencode

from pyramid.authorization import DENY_ALL, Allow
from pyramid.interfaces import IRootFactory

from ...endpoint_urls import endpoint_url
from ...interfaces import ISettings
from ...protection.request import Request
from ...protocol.authorization_server import AuthorizationServer
from ...protocol.clients.application_types import APPLICATION_TYPES, ApplicationType
from ...protocol.clients.field import ClientField, Setter
from ...protocol.clients.value_rules import STANDARD_GRANT_TYPES
from ...protocol.records import Client
from ..signed_in import active_subject

if TYPE_CHECKING:
    from functools import cached_property as reify  # Pyramid's has no types.
else:
    # See protection/request.py: a cached_property holds a lock while it calls the application.
    from pyramid.decorator import reify

PERMISSION = "oauth2.admin"


class ClientsContext:
    """What both contexts have in common: URLs, and what may be chosen."""

    name: ClassVar[str]
    self_service: ClassVar[bool]
    setter: ClassVar[Setter]

    def __init__(self, request: Request) -> None:
        self._request = request
        self._settings = request.registry.getUtility(ISettings)

    @property
    def _server(self) -> AuthorizationServer:
        return self._request.oauth2.authorization_service.server

    @property
    def settable(self) -> dict[str, ClientField]:
        """The fields that may be set here, by name."""
        fields = self._server.client_fields
        return {name: field for name, field in fields.items() if self.setter in field.set_by}

    @property
    def known(self) -> dict[str, frozenset[str]]:
        """The values that the server knows, by the field of a client."""
        scopes = self._server.known_scopes
        grant_types = self.enabled_grant_types | STANDARD_GRANT_TYPES
        return {"grant_types": grant_types, "scope": scopes, "optional_scope": scopes}

    @property
    def enabled_grant_types(self) -> frozenset[str]:
        """The grant types that the token endpoint supports."""
        return self._server.grant_types

    @property
    def choices(self) -> dict[str, frozenset[str]]:
        """The values that may be given to a client here, by its field."""
        return self.known

    @property
    def application_types(self) -> dict[str, ApplicationType]:
        """The application types that can be registered here, by name."""
        offered = self.choices["grant_types"] & self.enabled_grant_types
        return {
            name: each
            for name, each in APPLICATION_TYPES.items()
            if (
                "resource_server" in self.settable
                if each.resource_server
                else each.grant_types[0] in offered
            )
        }

    def url(self, page: str = "", /, **query: str | None) -> str:
        """The public URL of a page; its query has only the values that are not None."""
        name = f"{self.name}.{page}" if page else self.name
        url = endpoint_url(self._request.registry, name)
        given = urlencode({key: value for key, value in query.items() if value is not None})
        return f"{url}?{given}" if given else url


class AllClients(ClientsContext):
    """All clients, for users who have the permission ``oauth2.admin`` in this context."""

    name = "admin.clients"
    setter = "operator"
    self_service = False
    owner = None
    max_clients = None

    @property
    def __acl__(self) -> list[Any]:
        principals = sorted(self._settings.admin_principals)
        return [*((Allow, principal, PERMISSION) for principal in principals), DENY_ALL]

    @reify
    def open(self) -> bool:
        """Whether the user has the permission, by the application's policy."""
        return bool(self._request.has_permission(PERMISSION, self))

    @reify
    def __parent__(self) -> Any:
        """The application's own root, created only for a policy that uses it."""
        factory = self._request.registry.queryUtility(IRootFactory)
        return None if factory is None else factory(self._request)

    @property
    def own_url(self) -> str | None:
        """The URL of the clients that operators own themselves, if users may own any."""
        if not self._settings.self_service:
            return None
        return endpoint_url(self._request.registry, OwnClients.name)

    @property
    def user(self) -> str | None:
        """The userid of the user, from the application's policy; None if it returns none."""
        userid = self._request.authenticated_userid
        return None if userid is None else str(userid)

    def has(self, client: Client) -> bool:
        """Whether the context includes the client."""
        return True


class OwnClients(ClientsContext):
    """The clients of the signed-in user, within the limits of ``oauth2.self_service.*``."""

    name = "applications"
    setter = "owner"
    self_service = True
    own_url = None

    @reify
    def owner(self) -> str | None:
        """The subject of the signed-in user; None if no user is signed in."""
        return active_subject(self._request)

    @property
    def user(self) -> str | None:
        """The subject of the user."""
        return self.owner

    @property
    def open(self) -> bool:
        """Whether a user is signed in."""
        return self.owner is not None

    @property
    def max_clients(self) -> int:
        """How many clients the user may have."""
        most: int = self._settings.self_service_max_clients
        return most

    @property
    def choices(self) -> dict[str, frozenset[str]]:
        """The values that may be given to a client here, by its field."""
        limit = self._settings.self_service_scopes
        scopes = self.known["scope"] if limit is None else self.known["scope"] & limit
        grant_types = self.known["grant_types"] & self._settings.self_service_grant_types
        return {"grant_types": grant_types, "scope": scopes, "optional_scope": scopes}

    def has(self, client: Client) -> bool:
        """Whether the client is the user's own."""
        return self.owner is not None and client.owner == self.owner

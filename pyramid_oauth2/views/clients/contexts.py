"""Whose clients a page manages: everybody's, or those of the signed-in user.

It is the context of its pages, so an application's policy is asked for the
permission against it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlencode

from pyramid.authorization import DENY_ALL, Allow
from pyramid.interfaces import IRootFactory

from ...interfaces import ISettings
from ...protocol.clients.rules import STANDARD_GRANT_TYPES
from ...protocol.records import Client
from ..login import active_subject
from ..urls import endpoint_url
from .fields import FIELDS

if TYPE_CHECKING:
    from functools import cached_property as reify  # Pyramid's has no types.
else:
    # See protection/request.py: a cached_property holds a lock while it asks the application.
    from pyramid.decorator import reify

PERMISSION = "oauth2.admin"

# What is the operator's to say: a user would give themselves a right, or free
# themselves of a rule.
OPERATOR_FIELDS = frozenset({"consent", "lifetimes", "owner", "require_pkce", "resource_server"})


class ClientsContext:
    """What both contexts have: addresses, and what may be chosen."""

    name: ClassVar[str]
    self_service: ClassVar[bool]

    def __init__(self, request: Any) -> None:
        self._request = request
        self._settings = request.registry.getUtility(ISettings)

    @property
    def _server(self) -> Any:
        return self._request.oauth2.service.server

    @property
    def known(self) -> dict[str, frozenset[str]]:
        """What the server knows, by the field of a client."""
        scopes: frozenset[str] = self._server.known_scopes
        grant_types = self.enabled_grant_types | STANDARD_GRANT_TYPES
        return {"grant_types": grant_types, "scope": scopes, "optional_scope": scopes}

    @property
    def enabled_grant_types(self) -> frozenset[str]:
        """Those that the token endpoint answers."""
        return frozenset(self._server.grant_types)

    def url(self, page: str = "", /, **query: str | None) -> str:
        """The public URL of a page; what is None is left out of its query."""
        name = f"{self.name}.{page}" if page else self.name
        url = endpoint_url(self._request.registry, name)
        given = urlencode({key: value for key, value in query.items() if value is not None})
        return f"{url}?{given}" if given else url


class AllClients(ClientsContext):
    """All clients, for whoever has the permission ``oauth2.admin`` here."""

    name = "admin.clients"
    self_service = False
    # Pyramid asks for the permission before any view.
    open = True
    owner = None
    max_clients = None
    settable = frozenset(FIELDS)

    @property
    def __acl__(self) -> list[Any]:
        principals = sorted(self._settings.admin_principals)
        return [*((Allow, principal, PERMISSION) for principal in principals), DENY_ALL]

    @reify
    def __parent__(self) -> Any:
        """The application's own root, made only for a policy that looks for it."""
        factory = self._request.registry.queryUtility(IRootFactory)
        return None if factory is None else factory(self._request)

    @property
    def own_url(self) -> str | None:
        """Where operators have clients of their own, if they may have any."""
        if not self._settings.self_service:
            return None
        return endpoint_url(self._request.registry, OwnClients.name)

    @property
    def user(self) -> str | None:
        """Who acts here, as the application's policy knows them; None if it does not say."""
        userid = self._request.authenticated_userid
        return None if userid is None else str(userid)

    @property
    def choices(self) -> dict[str, frozenset[str]]:
        """What may be given to a client here, by its field."""
        return self.known

    def has(self, client: Client) -> bool:
        """Whether the client is one of these."""
        return True


class OwnClients(ClientsContext):
    """The clients of the signed-in user, within the limits of ``oauth2.self_service.*``."""

    name = "applications"
    self_service = True
    own_url = None
    settable = frozenset(FIELDS) - OPERATOR_FIELDS

    @reify
    def owner(self) -> str | None:
        """The subject of the signed-in user; None for nobody."""
        return active_subject(self._request)

    @property
    def user(self) -> str | None:
        """Who acts here."""
        return self.owner

    @property
    def open(self) -> bool:
        """Whether somebody is signed in."""
        return self.owner is not None

    @property
    def max_clients(self) -> int:
        """How many clients the user may have."""
        most: int = self._settings.self_service_max_clients
        return most

    @property
    def choices(self) -> dict[str, frozenset[str]]:
        """What may be given to a client here, by its field."""
        limit = self._settings.self_service_scopes
        scopes = self.known["scope"] if limit is None else self.known["scope"] & limit
        grant_types = self.known["grant_types"] & self._settings.self_service_grant_types
        return {"grant_types": grant_types, "scope": scopes, "optional_scope": scopes}

    def has(self, client: Client) -> bool:
        """Whether the client is the user's own."""
        return self.owner is not None and client.owner == self.owner

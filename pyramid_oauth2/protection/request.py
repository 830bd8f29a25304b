"""``request.oauth2``: who calls, by which token, and what it lets in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..interfaces import ISettings
from ..protocol.clients.registry import ClientRegistry
from ..protocol.errors import InvalidToken
from ..protocol.records import Client
from ..protocol.token.presentation import AccessToken, bearer_value, is_bearer_syntax
from ..protocol.token_strings import has_our_prefix
from ..resource_server import ResourceServer
from ..service import OAuth2Service, get_service, service_of
from .challenges import ScopeRequired, TokenRequired

if TYPE_CHECKING:
    from functools import cached_property as reify  # Pyramid's has no types.
else:
    # In Python 3.11 a cached_property computes under one lock for all objects: every request of
    # the process would wait for the look-up of another.
    from pyramid.decorator import reify


@dataclass(frozen=True, slots=True)
class Demand:
    """What a view asks of a request: made at start-up, one for each view.

    :param scope: its ``oauth2_scope``; empty where it declares none.
    :param only: its ``oauth2_only``, whether a token alone lets a request in.
    :param permission: its ``permission``, or the application's default one.
    """

    scope: frozenset[str]
    only: bool
    permission: str | None


class RequestOAuth2:
    """What a request has to do with OAuth.

    It is a *bearer request* if it carries ``Authorization: Bearer`` with one of
    our tokens, right or wrong, or reached a view that declares ``oauth2_scope``.
    A bearer request never falls back to a cookie, even when its token is bad.

    The user behind the token is nobody to the application until a view that
    declares a scope has *admitted* the request: including the add-on must not
    open an old view that tests ``request.authenticated_userid`` by hand.
    """

    def __init__(self, request: Any) -> None:
        self._request = request
        self._value = bearer_value(request.environ.get("HTTP_AUTHORIZATION"))
        self._token_required = False
        # What the view asked of it, where that view's guard had a say.
        self.demand: Demand | None = None
        self.admitted = False
        # Whether the default CSRF check of the admitting view has nothing to protect.
        self.csrf_exempt = False
        # Whether the view is also for requests without a token.
        self.optional = False

    @reify
    def service(self) -> OAuth2Service | ResourceServer:
        """The add-on of this application."""
        return service_of(self._request.registry)

    @property
    def clients(self) -> ClientRegistry:
        """The clients, for what this request itself registers and changes.

        With ``oauth2.sqlalchemy.session``, and an application session that
        pyramid_tm commits, a client is saved together with what else the
        request writes, or not at all. Else it is written at once.
        """
        return get_service(self._request.registry).clients_of_request(self._request)

    @property
    def has_bearer(self) -> bool:
        """Whether there is a Bearer header, of whatever content."""
        return self._value is not None

    @property
    def is_bearer(self) -> bool:
        """Whether this is a bearer request. Known without I/O, and before routing."""
        return self.bearer_rule is not None

    @property
    def bearer_rule(self) -> str | None:
        """What makes this a bearer request: "prefix", "resource path" or "view"."""
        if self._value is None:
            return None
        if has_our_prefix(self._value):
            return "prefix"
        if self._below_resource_path:
            return "resource path"
        return "view" if self._token_required else None

    @reify
    def _below_resource_path(self) -> bool:
        path = self._request.environ.get("PATH_INFO", "") + "/"
        settings = self._request.registry.getUtility(ISettings)
        return any(path.startswith(f"{prefix}/") for prefix in settings.resource_paths)

    @property
    def is_malformed(self) -> bool:
        """Whether there is a Bearer header with something that no token can be."""
        return self._value is not None and not is_bearer_syntax(self._value)

    def require_token(self) -> None:
        """Make a request with a Bearer header ours, since the view wants a token of ours."""
        self._token_required = True

    @reify
    def resolution(self) -> AccessToken | InvalidToken:
        """The token of a bearer request, or why it is refused; looked up once.

        :raises StoreUnavailable: the store, or the authorization server, cannot say.
        """
        try:
            return self.service.resolve(self._value or "")
        except InvalidToken as error:
            return error

    def require(self, scope: str) -> None:
        """Demand scopes inside a view, where they depend on what was asked for.

        A request that a view lets in without a token (``oauth2_only=False``)
        has what its user has.

        :param scope: one or more, space-delimited; all of them are needed.
        :raises TokenRequired: there is no token (401, with a challenge).
        :raises ScopeRequired: the token lacks one (403, with a challenge).
        """
        if self.token is None:
            if self.optional:
                return
            raise TokenRequired(self._request)
        needed = frozenset(scope.split())
        if not needed <= self.scope:
            raise ScopeRequired(self._request, needed)

    @property
    def token(self) -> AccessToken | None:
        """The valid access token of a bearer request."""
        if not self.is_bearer or isinstance(self.resolution, InvalidToken):
            return None
        return self.resolution

    @property
    def subject(self) -> str | None:
        """The user that the token speaks for; None for a client that acts for itself."""
        return self.token.subject if self.token else None

    @property
    def client(self) -> Client | None:
        """The client that the token was issued to."""
        return self.token.client if self.token else None

    @property
    def scope(self) -> frozenset[str]:
        """The scopes of the token."""
        return self.token.scope if self.token else frozenset()

    @property
    def userid(self) -> Any:
        """The application's userid of an admitted request, else None."""
        if not self.admitted or self.subject is None:
            return None
        return self.service.owners.userid(self.subject)

    @property
    def identity(self) -> Any:
        """The application's identity of an admitted request, else None."""
        return self._identity if self.admitted else None

    @reify
    def _identity(self) -> Any:
        # Apart, so that a None from before the admission is never remembered.
        if self.subject is None:
            return None
        return self.service.owners.identity(self._request, self.subject)


def includeme(config: Any) -> None:
    """Give every request its ``oauth2``."""
    config.add_request_method(RequestOAuth2, "oauth2", reify=True)

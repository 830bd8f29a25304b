"""``request.oauth2``: the token, user and client of a request, and what the token allows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from ..assembly import get_service, service_of
from ..interfaces import ISettings
from ..interfaces.request import PyramidRequest
from ..protocol.clients.registry import ClientRegistry
from ..protocol.errors import InvalidToken, OAuth2Error
from ..protocol.http import HTTPRequest
from ..protocol.records import Client
from ..protocol.token.access_token import AccessToken
from ..protocol.token.presentation import BEARER_SCHEME, Presentation, credentials_in
from ..protocol.token.recognised import RecognisedToken
from ..protocol.token.required import SENT
from ..protocol.users import Users
from ..resource_server import ResourceServer
from ..service import OAuth2Service
from .challenges import ScopeRequired, TokenRequired
from .cors import expose_when_sent
from .http_request import protected_request, reserved_by

if TYPE_CHECKING:
    from functools import cached_property as reify  # Pyramid's has no types.

    from pyramid.response import Response
else:
    # In Python 3.11 a cached_property computes under one lock for all instances: every request of
    # the process would wait for the token look-ups of the others.
    from pyramid.decorator import reify


# In the registry: the function of the views that ends the session of a browser.
END_SESSION = "pyramid_oauth2.end_session"


@dataclass(frozen=True, slots=True)
class Demand:
    """What a view requires of a request: made at start-up, one for each view.

    :param scope: its ``oauth2_scope``; empty if it declares none.
    :param only: its ``oauth2_only``: whether a request without a token is refused.
    :param permission: its ``permission``, or the application's default permission.
    """

    scope: frozenset[str]
    only: bool
    permission: str | None


class RequestOAuth2:
    """The OAuth state of a request.

    A request with ``Authorization: Bearer``, or with the scheme of a sender constraint, is
    a *bearer request* if its token is one of ours, valid or not, if its path is below
    ``oauth2.resource_paths``, or if it reached a view that declares ``oauth2_scope``. A
    bearer request never falls back to a cookie, even if its token is invalid.

    The application does not see the user of the token until a view that declares
    a scope has *admitted* the request: including the add-on must not open an
    existing view that checks ``request.authenticated_userid`` itself.
    """

    def __init__(self, request: Request) -> None:
        self._request = request
        self.presentation = self._presentation()
        self._recognised = self._recognise()
        self._is_ours = self.presentation is not None and (
            # Every other scheme is that of a sender constraint, of which all tokens are ours.
            self._recognised is not None or self.presentation.scheme != BEARER_SCHEME
        )
        self._token_required = False
        # What the view requires, once its guard has set it.
        self.demand: Demand | None = None
        self.admitted = False
        # Whether the default CSRF check is skipped, as it has nothing to protect.
        self.csrf_exempt = False
        # Whether the view also allows requests without a token.
        self.optional = False

    @reify
    def service(self) -> OAuth2Service | ResourceServer:
        """The service of the add-on in this application."""
        return service_of(self._request.registry)

    @reify
    def authorization_service(self) -> OAuth2Service:
        """The same service, for code that only an authorization server runs.

        :raises pyramid.exceptions.ConfigurationError: the application is a resource
            server only.
        """
        return get_service(self._request.registry)

    @property
    def challenges(self) -> Mapping[str, Mapping[str, str]]:
        """The parameters of the challenge of each scheme that presents an access token."""
        return self.service.challenges

    @property
    def required_scope(self) -> frozenset[str]:
        """The scopes that the view requires: its ``oauth2_scope``."""
        return frozenset() if self.demand is None else self.demand.scope

    @property
    def clients(self) -> ClientRegistry:
        """The clients, to be registered and changed by this request.

        With ``oauth2.sqlalchemy.session``, and an application session that
        pyramid_tm commits, a client is saved in one transaction with the other
        writes of the request. Otherwise it is written at once; if pyramid_retry runs the
        request again, the same call returns the same result and changes nothing.
        """
        return self.authorization_service.clients_of_request(self._request)

    @property
    def users(self) -> Users:
        """What users allow and own, to be ended by this request; written at once.

        Its events have this request. If pyramid_retry runs the request again, the same
        call returns the same result, and emits the same events as ``redelivered``.
        """
        return self.authorization_service.users_of_request(self._request)

    def end_session(self) -> bool:
        """End the session in which this browser's user signed in at clients (``oauth2.openid``).

        For a "Sign out" of your own, before it ends the login; sessions of other browsers go on.
        A store that is away is logged, and raises nothing, so that the login ends in any case.
        If pyramid_retry runs the request again, nothing changes, and events are redelivered.

        :return: whether this call ended it. If not, there is none, or it could not end.
        :raises pyramid.exceptions.ConfigurationError: the application is a resource
            server only.
        """
        end: Callable[[PyramidRequest], bool] = self._request.registry[END_SESSION]
        return end(self._request)

    @property
    def has_bearer(self) -> bool:
        """Whether the Authorization header presents an access token, with any content."""
        return self.presentation is not None

    @property
    def is_bearer(self) -> bool:
        """Whether this is a bearer request. Known without I/O, and before routing."""
        return self._is_ours or self.bearer_rule is not None

    @property
    def bearer_rule(self) -> str | None:
        """The rule that makes this a bearer request: "prefix", "resource path" or "view"."""
        if self.presentation is None:
            return None
        if self._is_ours:
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
        """Whether there is a Bearer header whose value does not have the syntax of a token."""
        return self.presentation is not None and not self.presentation.is_well_formed

    def require_token(self) -> None:
        """Make a request with a Bearer header a bearer request, as the view requires our token."""
        self._token_required = True

    @reify
    def resolution(self) -> AccessToken | OAuth2Error:
        """The token of a bearer request, or the reason for its refusal; looked up once.

        :raises StoreUnavailable: the store, or the authorization server, is unavailable.
        """
        if self.presentation is None:
            return InvalidToken("There is no access token.", refusal=SENT)
        try:
            return self.service.resolve(self.presentation, self._recognised)
        except OAuth2Error as error:
            return error

    def _presentation(self) -> Presentation | None:
        environ = self._request.environ
        header = environ.get("HTTP_AUTHORIZATION")
        found = credentials_in(header, self.service.schemes) if header is not None else None
        return None if found is None else Presentation(*found, self)

    def _recognise(self) -> RecognisedToken | None:
        return None if self.presentation is None else self.service.recognise(self.presentation)

    def http(self) -> HTTPRequest:
        """The request, for the proof of a token that is bound to a key."""
        return protected_request(self._request)

    def reserved(self) -> set[tuple[str, bytes]]:
        """What this request has reserved."""
        return reserved_by(self._request)

    def send(self, headers: Mapping[str, str]) -> None:
        """Send headers with the response to this request, also if it is an error."""

        def add(_request: PyramidRequest, response: Response) -> None:
            response.headers.update(headers)

        self._request.add_response_callback(add)
        expose_when_sent(self._request, headers)

    def require(self, scope: str) -> None:
        """Require scopes inside a view, where they depend on the request.

        A request that a view allows without a token (``oauth2_only=False``) passes:
        it has the rights of its user.

        :param scope: one or more scopes, separated by spaces; all are required.
        :raises TokenRequired: there is no token (401, with a challenge).
        :raises ScopeRequired: the token lacks a scope (403, with a challenge).
        :raises ValueError: *scope* names none, which every token would have.
        """
        needed = frozenset(scope.split())
        if not needed:
            raise ValueError("oauth2.require() needs the name of a scope")
        if self.token is None:
            if self.optional:
                return
            raise TokenRequired(self._request, needed)
        if not needed <= self.scope:
            raise ScopeRequired(self._request, needed, self.scope)

    @property
    def token(self) -> AccessToken | None:
        """The valid access token of a bearer request, else None."""
        if not self.is_bearer or isinstance(self.resolution, OAuth2Error):
            return None
        return self.resolution

    @property
    def subject(self) -> str | None:
        """The user on whose behalf the client acts; None for a client that acts for itself."""
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
        # A separate attribute, so that a None from before the admission is not cached.
        if self.subject is None:
            return None
        return self.service.owners.identity(self._request, self.subject)


class Request(PyramidRequest, Protocol):
    """The type of a request, to annotate views with: Pyramid's own class has no types.

    A protocol, for type checkers only. It has ``oauth2``, and inherits the members of
    Pyramid's request that most views use from ``PyramidRequest``. Declare others in a
    protocol of your own that inherits it.
    """

    @property
    def oauth2(self) -> RequestOAuth2:
        """The OAuth state of the request."""


def includeme(config: Any) -> None:
    """Add ``oauth2`` to every request."""
    config.add_request_method(RequestOAuth2, "oauth2", reify=True)

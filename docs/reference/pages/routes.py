"""``routes.md``: the routes of the endpoints and pages, read from a configured application."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from pyramid.config import Configurator
from pyramid.interfaces import IRoutesMapper
from pyramid.request import Request

from pyramid_oauth2.testing import memory_backend

from .docstrings import filled

ISSUER = "https://auth.example.com"
INTRODUCTION = """\
# Routes

The name of each route is `oauth2.` followed by the name on this page:
`request.route_path("oauth2.authorizations")` is the path of the user's page. The paths are shown
for `oauth2.path = /oauth2` and an issuer without a path.

A method that is not listed gets 405. Pages of other origins can read the responses of routes that
support OPTIONS (CORS). If the issuer is https, plain http is refused, except for paths that begin
with `/.well-known`.

The style sheets of the pages are below `/oauth2/static`."""

PROTOCOL = """\
## Protocol endpoints

Always present, except that an application with `oauth2.mode = resource_server` has only the two
routes of the protected resource. Each route below `/oauth2` also exists with a slash at the end of
its path and `.slash` at the end of its name."""
OPENID = """\
## OpenID Connect

With `oauth2.openid = true`."""
OPERATORS = """\
## Admin pages

With `oauth2.admin = true`, for users with the permission `oauth2.admin`: see
[managing clients](../admin.md)."""
USERS = """\
## Self-service pages

With `oauth2.self_service = true`, for signed-in users."""

REST = "The other names and paths are appended to those of the first row."

# The purpose of an endpoint, who may use it, and the standard that it follows.
ENDPOINTS = {
    "authorize": "Asks the user for consent and issues a code. For signed-in users; others are "
    "sent to the login. RFC 6749 section 3.1.",
    "token": "Issues tokens. For an authenticated client. RFC 6749 section 3.2.",
    "access_token": "The token endpoint, under its old name.",
    "revoke": "Revokes a token. For an authenticated client. RFC 7009.",
    "introspect": "Returns whether a token is active, and its claims. For a confidential client: "
    "for its own tokens or, as a resource server, for all tokens. RFC 7662.",
    "authorizations": "Lists the applications that a user has authorized, and revokes their "
    "access. For signed-in users; others are sent to the login.",
    "sign_out": "Ends the login of a user, who may go on as another one. For signed-in users.",
    "metadata": "The metadata of the authorization server. Public. RFC 8414.",
    "protected_resource.root": "The metadata of the protected resource, with the issuer of its "
    "tokens. Public. RFC 9728.",
    "protected_resource": "The same, for the resource at that path.",
}
OPENID_ENDPOINTS = {
    "userinfo": "Returns the claims about a user, for an access token with the scope `openid`. "
    "OpenID Connect Core section 5.3.",
    "end_session": "Lets a client sign its user out, whom it may ask before. For a browser. OpenID "
    "Connect RP-Initiated Logout 1.0 section 2.",
    "openid_configuration": "The same document as `metadata`; with a path in the issuer it is "
    "appended to the issuer, too. Public. OpenID Connect Discovery section 4.",
}
# The purpose of a page, by the end of its name.
PAGES = {
    "": "lists the clients",
    "slash": "lists the clients",
    "register": "registers a client",
    "client": "shows a client",
    "edit": "changes a client",
    "secret": "gives a client a new secret",
    "secret.earlier": "ends the earlier of two secrets",
    "withdraw": "revokes everything that was issued to a client",
    "delete": "deletes a client",
    "disable": "disables a client",
    "approve": "approves a client that no operator has registered",
    "block": "blocks the host of a client that came by itself",
    "enable": "enables a client",
    "grants": "lists the grants of a client, and revokes one",
}
SERVER = {"oauth2.issuer": ISSUER, "oauth2.scopes": "read = Read", **memory_backend()}
ADMIN = {"oauth2.admin": "true", "oauth2.admin_principals": "group:admin"}
OPENID_ON = {"oauth2.openid": "true", "oauth2.secret": "s" * 43}
SELF_SERVICE = {"oauth2.self_service": "true"}


class _AllowsEverything:
    """A policy under which every page responds with its methods."""

    def identity(self, request: Any) -> str:
        return "operator"

    authenticated_userid = identity

    def permits(self, request: Any, context: Any, permission: str) -> bool:
        return True


class _Users:
    """Users of whom the application says what OpenID Connect needs."""

    def authenticated_at(self, request: Any) -> int:
        return 0

    def claims(self, subject: str, names: Any) -> dict[str, Any]:
        return {}


def page() -> str:
    """The page."""
    app = _application({})
    common = _routes(app)
    parts = [INTRODUCTION, PROTOCOL, *_endpoints(app, ENDPOINTS)]
    parts += [OPENID, *_endpoints(_application(OPENID_ON), OPENID_ENDPOINTS)]
    for section, settings in ((OPERATORS, ADMIN), (USERS, SELF_SERVICE)):
        app = _application(settings)
        added = {name: path for name, path in _routes(app).items() if name not in common}
        parts += [section, REST, "\n".join(_table(app, added))]
    return "\n\n".join(parts) + "\n"


def _endpoints(app: Any, purposes: Mapping[str, str]) -> Iterator[str]:
    routes = _routes(app)
    for name, purpose in purposes.items():
        yield f"### `{name}`"
        yield f"`{routes[name]}`: {_methods(app, routes[name])}"
        yield filled(purpose)


def _application(settings: Mapping[str, str]) -> Any:
    with _without_log():
        config = Configurator(settings={**SERVER, **settings})
        config.set_security_policy(_AllowsEverything())
        config.include("pyramid_oauth2")
        config.set_oauth2_resource_owners(_Users())
        return config.make_wsgi_app()


@contextmanager
def _without_log() -> Iterator[None]:
    # Start-up warnings and refused requests are for operators.
    logging.disable()
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


def _routes(app: Any) -> dict[str, str]:
    routes = app.registry.getUtility(IRoutesMapper).get_routes()
    ours = {route.name: route.pattern for route in routes if route.name.startswith("oauth2.")}
    return {name.removeprefix("oauth2."): pattern for name, pattern in ours.items()}


def _table(app: Any, routes: Mapping[str, str]) -> Iterator[str]:
    yield "| name | path | methods | what it does |"
    yield "| --- | --- | --- | --- |"
    root = min(routes, key=len)
    for name, path in routes.items():
        rest, below = name.removeprefix(root), path.removeprefix(routes[root])
        what = PAGES[rest.lstrip(".")]
        yield f"| `{rest or root}` | `{below or path}` | {_methods(app, path)} | {what} |"


def _methods(app: Any, pattern: str) -> str:
    """The methods that the path supports: the ``Allow`` header of a refused request."""
    preflight = _ask(app, "OPTIONS", pattern)
    refused = preflight if preflight.status_code == 204 else _ask(app, "DELETE", pattern)
    return str(refused.headers["Allow"])


def _ask(app: Any, method: str, pattern: str) -> Any:
    path = pattern.replace("*path", "x")
    with _without_log():
        return Request.blank(path, base_url=ISSUER, method=method).get_response(app)

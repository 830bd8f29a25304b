"""``routes.md``: where the endpoints and pages stand, tried on an application that has them all."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import Any

from pyramid.config import Configurator
from pyramid.interfaces import IRoutesMapper
from pyramid.request import Request

from pyramid_oauth2.testing import memory_backend

from .docstrings import filled

ISSUER = "https://auth.example.com"
INTRODUCTION = """\
# Routes

Each route is named `oauth2.` and the name here, so `request.route_path("oauth2.authorizations")`
leads to the user's page. The paths are those where `oauth2.path` is `/oauth2` and the issuer has no
path of its own.

A method that is not named gets 405. What answers OPTIONS can be read by pages of other origins
(CORS). Plain http is refused where the issuer is https, but for what begins with `/.well-known`.

The style sheets of the pages are below `/oauth2/static`."""

PROTOCOL = """\
## The protocol

Always there; an application with `oauth2.mode = resource_server` has only the two of the protected
resource. Each of those below `/oauth2` is also there with a slash at its end, and `.slash` at the
end of its name."""
OPERATORS = """\
## The operator's pages

With `oauth2.admin = true`, for whoever has the permission `oauth2.admin`: see
[managing clients](../admin.md)."""
USERS = """\
## The user's own clients

With `oauth2.self_service = true`, for whoever is signed in."""

REST = "The others begin with the name and with the path of the first."

# What an endpoint is for, who may use it, and the standard that it follows.
ENDPOINTS = {
    "authorize": "Asks the user, and issues a code. For whoever is signed in; others are sent to "
    "the login. RFC 6749 section 3.1.",
    "token": "Issues tokens. For a client that proves who it is. RFC 6749 section 3.2.",
    "access_token": "The same, under its old name.",
    "revoke": "Ends a token. For a client that proves who it is. RFC 7009.",
    "introspect": "Says what a token is worth. For a confidential client: of its own tokens or, "
    "as a resource server, of all. RFC 7662.",
    "authorizations": "Shows what a user allows, and takes it back. For whoever is signed in; "
    "others are sent to the login.",
    "metadata": "Says what the server can do. For anybody. RFC 8414.",
    "protected_resource.root": "Names the issuer of the resource's tokens. For anybody. RFC 9728.",
    "protected_resource": "The same, for the resource of that path.",
}
# What a page is for, by the end of its name.
PAGES = {
    "": "lists the clients",
    "slash": "the same",
    "register": "registers a client",
    "client": "shows a client",
    "edit": "changes a client",
    "secret": "gives a client a new secret",
    "secret.earlier": "ends the secret that the new one followed",
    "withdraw": "ends all that a client was given",
    "delete": "deletes a client",
    "disable": "stops a client",
    "enable": "lets a client go on",
    "grants": "shows what users allowed a client, and ends it",
}
SERVER = {"oauth2.issuer": ISSUER, "oauth2.scopes": "read = Read", **memory_backend()}
ADMIN = {"oauth2.admin": "true", "oauth2.admin_principals": "group:admin"}
SELF_SERVICE = {"oauth2.self_service": "true"}


class _LetsEverybodyIn:
    """A policy with which a page tells its methods."""

    def identity(self, request: Any) -> str:
        return "operator"

    authenticated_userid = identity

    def permits(self, request: Any, context: Any, permission: str) -> bool:
        return True


def page() -> str:
    """The page."""
    app = _application({})
    common = _routes(app)
    parts = [INTRODUCTION, PROTOCOL]
    for name, path in common.items():
        if not name.endswith(".slash"):
            parts += [f"### `{name}`", f"`{path}`: {_methods(app, path)}"]
            parts.append(filled(ENDPOINTS[name]))
    for section, settings in ((OPERATORS, ADMIN), (USERS, SELF_SERVICE)):
        app = _application(settings)
        added = {name: path for name, path in _routes(app).items() if name not in common}
        parts += [section, REST, "\n".join(_table(app, added))]
    return "\n\n".join(parts) + "\n"


def _application(settings: Mapping[str, str]) -> Any:
    # Its warnings are for whoever runs an application.
    logging.disable()
    try:
        config = Configurator(settings={**SERVER, **settings})
        config.set_security_policy(_LetsEverybodyIn())
        config.include("pyramid_oauth2")
        return config.make_wsgi_app()
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
    """The methods that the path answers, as it says itself when it refuses one."""
    preflight = _ask(app, "OPTIONS", pattern)
    refused = preflight if preflight.status_code == 204 else _ask(app, "DELETE", pattern)
    return str(refused.headers["Allow"])


def _ask(app: Any, method: str, pattern: str) -> Any:
    path = pattern.replace("*path", "x")
    return Request.blank(path, base_url=ISSUER, method=method).get_response(app)

"""``routes.md``: where the endpoints and pages stand, tried on an application that has them all."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pyramid.config import Configurator
from pyramid.interfaces import IRoutesMapper
from pyramid.request import Request

from pyramid_oauth2.testing import memory_backend

ISSUER = "https://auth.example.com"
INTRODUCTION = """\
# Routes

Each route is named `oauth2.` and the name here, so `request.route_path("oauth2.authorizations")`
leads to the user's page. The paths are those where `oauth2.path` is `/oauth2` and the issuer has
no path of its own.

A method that is not named gets 405. What answers OPTIONS can be read by pages of other origins
(CORS). Plain http is refused where the issuer is https, but for what begins with `/.well-known`.

The style sheets of the pages are below `/oauth2/static`."""

SERVER = {"oauth2.issuer": ISSUER, "oauth2.scopes": "read = Read", **memory_backend()}


@dataclass(frozen=True)
class Section:
    """Routes that come and go together."""

    title: str
    introduction: str
    settings: Mapping[str, str]
    # By the route's name: what it is for, who may use it, and the standard.
    routes: Mapping[str, tuple[str, str, str]]


CLIENT = "a client that proves who it is"
USER = "whoever is signed in; others are sent to the login"

SECTIONS = (
    Section(
        "The protocol",
        "Always there; an application with `oauth2.mode = resource_server` has only the two of\n"
        "the protected resource. Each of those below `/oauth2` is also there with a slash at its\n"
        "end, and `.slash` at the end of its name.",
        {},
        {
            "authorize": ("asks the user, and issues a code", USER, "RFC 6749 section 3.1"),
            "token": ("issues tokens", CLIENT, "RFC 6749 section 3.2"),
            "access_token": ("the same, under its old name", CLIENT, "RFC 6749 section 3.2"),
            "revoke": ("ends a token", CLIENT, "RFC 7009"),
            "introspect": (
                "says what a token is worth",
                "a confidential client: about its own tokens, as a resource server about all",
                "RFC 7662",
            ),
            "authorizations": ("shows what a user allows, and takes it back", USER, ""),
            "metadata": ("says what the server can do", "anybody", "RFC 8414"),
            "protected_resource.root": ("names the issuer of a resource", "anybody", "RFC 9728"),
            "protected_resource": (
                "the same, for the resource of that path",
                "anybody",
                "RFC 9728",
            ),
        },
    ),
    Section(
        "The operator's pages",
        "With `oauth2.admin = true`, for whoever has the permission `oauth2.admin`: see\n"
        "[managing clients](../admin.md).",
        {"oauth2.admin": "true", "oauth2.admin_principals": "group:admin"},
        {},
    ),
    Section(
        "The user's own clients",
        "With `oauth2.self_service = true`, for whoever is signed in.",
        {"oauth2.self_service": "true"},
        {},
    ),
)

# By the end of a page's name, for operators and for users.
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


class _Anybody:
    """A policy that lets the tables be tried."""

    def identity(self, request: Any) -> str:
        return "operator"

    authenticated_userid = identity

    def permits(self, request: Any, context: Any, permission: str) -> bool:
        return True

    def remember(self, request: Any, userid: Any, **kw: Any) -> list[Any]:
        return []

    def forget(self, request: Any, **kw: Any) -> list[Any]:
        return []


def page() -> str:
    """The page."""
    parts = [INTRODUCTION]
    common = _routes(_application({}))
    for section in SECTIONS:
        app = _application(section.settings)
        routes = {
            name: path
            for name, path in _routes(app).items()
            if (name not in common) == bool(section.settings)
        }
        parts += [f"## {section.title}", section.introduction]
        parts.append("\n".join(_table(section, app, routes)))
    return "\n\n".join(parts) + "\n"


def _application(settings: Mapping[str, str]) -> Any:
    # Its warnings are for whoever runs an application.
    logging.disable()
    try:
        config = Configurator(settings={**SERVER, **settings})
        config.set_security_policy(_Anybody())
        config.include("pyramid_oauth2")
        return config.make_wsgi_app()
    finally:
        logging.disable(logging.NOTSET)


def _routes(app: Any) -> dict[str, str]:
    routes = app.registry.getUtility(IRoutesMapper).get_routes()
    ours = {route.name: route.pattern for route in routes if route.name.startswith("oauth2.")}
    return {name.removeprefix("oauth2."): pattern for name, pattern in ours.items()}


def _table(section: Section, app: Any, routes: Mapping[str, str]) -> Iterator[str]:
    if section.settings:
        yield "| name | path | methods | |"
        yield "| --- | --- | --- | --- |"
        root = min(routes, key=len)
        for name, path in routes.items():
            what = PAGES[name.removeprefix(root).lstrip(".")]
            yield f"| `{name}` | `{path}` | {_methods(app, path)} | {what} |"
        return
    yield "| name | path | methods | | who may | standard |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for name, path in routes.items():
        if not name.endswith(".slash"):
            what, who, standard = section.routes[name]
            yield f"| `{name}` | `{path}` | {_methods(app, path)} | {what} | {who} | {standard} |"


def _methods(app: Any, pattern: str) -> str:
    """The methods that the path answers, as it says itself when it refuses one."""
    preflight = _ask(app, "OPTIONS", pattern)
    refused = preflight if preflight.status_code == 204 else _ask(app, "DELETE", pattern)
    return str(refused.headers["Allow"])


def _ask(app: Any, method: str, pattern: str) -> Any:
    path = pattern.replace("*path", "x")
    return Request.blank(path, base_url=ISSUER, method=method).get_response(app)

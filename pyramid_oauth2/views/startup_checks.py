"""Start-up checks of the login, and of the paths and templates that the settings name.

A typo stops the application at its start, and causes no error for its first user.
"""

from __future__ import annotations

import difflib
import logging
from collections.abc import Iterator
from typing import Any

from pyramid.events import ApplicationCreated
from pyramid.interfaces import IRoutesMapper, ISecurityPolicy
from pyramid.renderers import RendererHelper

from ..interfaces import IResourceOwners, ISettings
from ..protection.security import OAuth2SecurityPolicy
from ..settings import Settings, setting_fields
from ..settings.tokens import DEFAULT_GRANT_TYPES
from ..startup_error import StartupError
from .forbidden import has_forbidden_view
from .routes import own_path

log = logging.getLogger(__name__)

RENDERER = "renderer."
AUTHORIZE = "oauth2.authorize"
WITHOUT_USERS = (
    " If no user ever signs in here, leave authorization_code out of oauth2.grant_types."
)


def includeme(config: Any) -> None:
    """Check when the application is complete: its routes may be added after the add-on."""
    config.add_subscriber(_check_names, ApplicationCreated)


def _check_names(event: Any) -> None:
    registry = event.app.registry
    settings = registry.getUtility(ISettings)
    found = [
        *_route_mistakes(registry, settings),
        *_cors_mistakes(registry, settings),
        *_template_mistakes(registry, settings),
    ]
    if found:
        raise StartupError("\n".join(found))
    _warn_without_login(registry, settings)


def _route_mistakes(registry: Any, settings: Settings) -> Iterator[str]:
    for key in ("login_route", "logout_route"):
        name = getattr(settings, key)
        if name is not None:
            yield from _mistakes_of_route(registry, f"oauth2.{key} = {name}", name)


def _mistakes_of_route(registry: Any, setting: str, name: str) -> Iterator[str]:
    mapper = registry.queryUtility(IRoutesMapper)
    names = [route.name for route in mapper.get_routes(include_static=True)] if mapper else []
    if name not in names:
        near = difflib.get_close_matches(name, names, 1)
        hint = f" Did you mean {near[0]}?" if near else ""
        yield f"{setting}: the application has no such route.{hint}"
    elif (variable := _variable_of(mapper.get_route(name))) is not None:
        yield (
            f"{setting}: the pattern of that route has the variable {variable}, "
            "for which pyramid_oauth2 has no value. Name a route without variables, or let the "
            "route fill them in: config.add_route(..., pregenerator=...)."
        )


def _cors_mistakes(registry: Any, settings: Settings) -> Iterator[str]:
    """The paths of ``oauth2.cors_paths`` at which the tween does nothing."""
    ours = own_path(registry)
    for path in sorted(settings.cors_paths):
        # The endpoints say themselves which client's pages may read a response. A path above
        # them may be that of an API.
        if f"{path}/".startswith(f"{ours}/"):
            yield (
                f"oauth2.cors_paths names {path}, but {ours} is where the endpoints and pages of "
                "pyramid_oauth2 are. Name the paths of your own API: the endpoints decide by the "
                "allowed_origins of each client."
            )


def _variable_of(route: Any) -> str | None:
    """A variable of the pattern that has no value in a redirect to the route, None if all have."""
    if route is None or route.pregenerator is not None:
        return None
    try:
        route.generate({})
    except KeyError as missing:
        return str(missing.args[0])
    return None


def _warn_without_login(registry: Any, settings: Settings) -> None:
    pages = dict(_pages(settings))
    closed = [words for page, words in pages.items() if not has_forbidden_view(registry, page)]
    if closed and settings.login_route is None:
        log.warning(
            "A user who is not signed in is not sent to a login at %s: name the route of the login "
            "page in oauth2.login_route, or add a view with config.add_forbidden_view(...) that "
            "redirects to it.%s",
            " and at ".join(closed),
            WITHOUT_USERS if [*pages] == [AUTHORIZE] else "",
        )
    elif pages and not _knows_users(registry):
        # The page redirects to the login, and the login back to the page, without an end.
        log.warning(
            "A user who has signed in is not recognised at %s, and is sent to the login again: "
            "the application has neither a security policy nor resource owners with a method "
            "subject(request). Set one with config.set_security_policy(...) or "
            "config.set_oauth2_resource_owners(...).%s",
            " and at ".join(pages.values()),
            WITHOUT_USERS if [*pages] == [AUTHORIZE] else "",
        )


def _pages(settings: Settings) -> Iterator[tuple[str, str]]:
    """The pages that send a user to the login themselves: their routes, and what they are."""
    codes = "authorization_code" in (settings.grant_types or DEFAULT_GRANT_TYPES)
    if codes or "token" in settings.response_types:
        yield AUTHORIZE, "the authorization endpoint"
    if settings.self_service:
        yield "oauth2.applications", f"{settings.path}/applications (oauth2.self_service)"
    if settings.admin:
        yield "oauth2.admin.clients", f"{settings.path}/admin/clients (oauth2.admin)"


def _knows_users(registry: Any) -> bool:
    """Whether anything of the application says who is signed in."""
    policy = registry.queryUtility(ISecurityPolicy)
    if isinstance(policy, OAuth2SecurityPolicy):
        policy = policy.wrapped
    owners = registry.queryUtility(IResourceOwners)
    return policy is not None or callable(getattr(owners, "subject", None))


def _template_mistakes(registry: Any, settings: Settings) -> Iterator[str]:
    for key, field in setting_fields().items():
        name = getattr(settings, field.name)
        # Our own exist, and are compiled when they are first used.
        if not key.startswith(RENDERER) or name == field.metadata["default"]:
            continue
        try:
            renderer = RendererHelper(name, registry=registry).renderer
            # pyramid_jinja2 reads the file only when a page is rendered.
            load = getattr(renderer, "template_loader", None)
            if load is not None:
                load()
        except Exception as error:
            # Each template engine has exceptions of its own.
            yield f"oauth2.{key} = {name} cannot be used: {type(error).__name__}: {error}"

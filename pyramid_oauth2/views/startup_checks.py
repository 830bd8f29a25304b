"""Start-up checks of the application's login, and of the templates that the settings name.

A typo stops the application at its start, and causes no error for its first user.
"""

from __future__ import annotations

import difflib
import logging
from collections.abc import Iterator
from typing import Any

from pyramid.events import ApplicationCreated
from pyramid.exceptions import ConfigurationError
from pyramid.httpexceptions import HTTPForbidden, default_exceptionresponse_view
from pyramid.interfaces import (
    IExceptionViewClassifier,
    IMultiView,
    IRequest,
    IRouteRequest,
    IRoutesMapper,
    ISecuredView,
    ISecurityPolicy,
    IView,
)
from pyramid.renderers import RendererHelper
from zope.interface import implementedBy

from ..interfaces import IResourceOwners, ISettings
from ..protection.security import OAuth2SecurityPolicy
from ..settings import Settings, setting_fields
from ..settings.tokens import DEFAULT_GRANT_TYPES

log = logging.getLogger(__name__)

RENDERER = "renderer."
WITHOUT_USERS = (
    " If no user ever signs in here, leave authorization_code out of oauth2.grant_types."
)


def includeme(config: Any) -> None:
    """Check when the application is complete: its routes may be added after the add-on."""
    config.add_subscriber(_check_names, ApplicationCreated)


def _check_names(event: Any) -> None:
    registry = event.app.registry
    settings = registry.getUtility(ISettings)
    if found := [*_route_mistakes(registry, settings), *_template_mistakes(registry, settings)]:
        raise ConfigurationError("\n".join(found))
    _warn_without_login(registry, settings)


def _route_mistakes(registry: Any, settings: Settings) -> Iterator[str]:
    name = settings.login_route
    mapper = registry.queryUtility(IRoutesMapper)
    names = [route.name for route in mapper.get_routes(include_static=True)] if mapper else []
    if name is None:
        return
    if name not in names:
        near = difflib.get_close_matches(name, names, 1)
        hint = f" Did you mean {near[0]}?" if near else ""
        yield f"oauth2.login_route = {name}: the application has no such route.{hint}"
    elif (variable := _variable_of(mapper.get_route(name))) is not None:
        yield (
            f"oauth2.login_route = {name}: the pattern of that route has the variable {variable}, "
            "for which pyramid_oauth2 has no value. Name a route without variables, or let the "
            "route fill them in: config.add_route(..., pregenerator=...)."
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
    bare = [words for page, words in pages.items() if not _has_forbidden_view(registry, page)]
    if bare and settings.login_route is None:
        log.warning(
            "A user who is not signed in gets a bare 403 at %s: name the route of the login page "
            "in oauth2.login_route, or add a view with config.add_forbidden_view(...) that "
            "redirects to it.%s",
            " and at ".join(bare),
            "" if settings.self_service else WITHOUT_USERS,
        )
    elif pages and not _knows_users(registry):
        # The page redirects to the login, and the login back to the page, without an end.
        log.warning(
            "A user who has signed in is not recognised at %s, and is sent to the login again: "
            "the application has neither a security policy nor resource owners with a method "
            "subject(request). Set one with config.set_security_policy(...) or "
            "config.set_oauth2_resource_owners(...).%s",
            " and at ".join(pages.values()),
            "" if settings.self_service else WITHOUT_USERS,
        )
    if settings.admin:
        _warn_without_operator_login(registry, settings)


def _warn_without_operator_login(registry: Any, settings: Settings) -> None:
    # Only here, since the pages are not imported where they are off.
    from .clients.contexts import AllClients

    # Pyramid checks the permission of these: our code, which reads the setting, is not reached.
    if not _has_forbidden_view(registry, AllClients.name):
        log.warning(
            "An operator who is not signed in gets a bare 403 at %s/admin/clients (oauth2.admin): "
            "add a view with config.add_forbidden_view(...) that redirects to the login page.",
            settings.path,
        )


def _pages(settings: Settings) -> Iterator[tuple[str, str]]:
    """The pages that send a user to the login themselves: their routes, and what they are."""
    codes = "authorization_code" in (settings.grant_types or DEFAULT_GRANT_TYPES)
    if codes or "token" in settings.response_types:
        yield "authorize", "the authorization endpoint"
    if settings.self_service:
        from .clients.contexts import OwnClients

        yield OwnClients.name, f"{settings.path}/applications (oauth2.self_service)"


def _knows_users(registry: Any) -> bool:
    """Whether anything of the application says who is signed in."""
    policy = registry.queryUtility(ISecurityPolicy)
    if isinstance(policy, OAuth2SecurityPolicy):
        policy = policy.wrapped
    owners = registry.queryUtility(IResourceOwners)
    return policy is not None or callable(getattr(owners, "subject", None))


def _has_forbidden_view(registry: Any, page: str) -> bool:
    """Whether a view of the application responds to the HTTPForbidden of our page."""
    route = registry.queryUtility(IRouteRequest, name=f"oauth2.{page}")
    request = IRequest if route is None else route.combined
    forbidden = implementedBy(HTTPForbidden)  # type: ignore[no-untyped-call]
    about = (IExceptionViewClassifier, request, forbidden)
    found = (registry.adapters.lookup(about, view) for view in (ISecuredView, IMultiView, IView))
    view = next(filter(None, found), None)
    # Pyramid itself registers a view that returns the exception as it is.
    return getattr(view, "__original_view__", view) is not default_exceptionresponse_view


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

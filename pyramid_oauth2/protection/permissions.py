"""Whether a token can have a view's permission at all: said at the start, and at a refusal.

For a token the permission is never checked by the application's security policy, which would
read the cookie. An application with neither ACLs nor ``permits`` of the resource owners
therefore refuses every token where it allows the cookie.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

from pyramid.authorization import ACLDenied
from pyramid.interfaces import IRootFactory, IRoutesMapper
from pyramid.location import lineage
from pyramid.traversal import DefaultRootFactory

from ..interfaces import IResourceOwners
from ..resource_owners import ResourceOwners
from .request import Request

log = logging.getLogger(__name__)

CURE = (
    "For a token the security policy is not asked for permits(). Give the object of "
    "config.set_oauth2_resource_owners(...) a method permits(request, subject, context, "
    "permission), or the root factory an __acl__, which a client's own token needs."
)
MOST_NAMED = 5


def warn_of_closed_views(event: Any) -> None:
    """Log which views with a scope and a permission refuse every token.

    Only a root factory of the application may have an ACL, so a view with one is not named.

    :param event: Pyramid's ``ApplicationCreated``.
    """
    registry = event.app.registry
    if ResourceOwners(registry.queryUtility(IResourceOwners)).knows("permits"):
        return
    closed = sorted(set(_closed_views(registry)))
    if closed:
        more = f", and {len(closed) - MOST_NAMED} more" if len(closed) > MOST_NAMED else ""
        log.warning(
            "No token has the permission of these views with oauth2_scope: %s%s. %s",
            ", ".join(closed[:MOST_NAMED]),
            more,
            CURE,
        )


def _closed_views(registry: Any) -> Iterator[str]:
    root_factory = registry.queryUtility(IRootFactory, default=DefaultRootFactory)
    for item in registry.introspector.get_category("views", ()):
        view = item["introspectable"]
        # The permission in force, which may be the default.
        permission = getattr(view["derived_callable"], "__permission__", None)
        if view.get("oauth2_scope") is None or permission is None:
            continue
        name = view["route_name"]
        route = registry.getUtility(IRoutesMapper).get_route(name) if name else None
        if ((route and route.factory) or root_factory) is DefaultRootFactory:
            yield f"{name or view['name'] or '/'} ({permission})"


def log_refusal(request: Request, context: Any, permission: Any) -> None:
    """Log a refused permission with its cure, if no token can have it.

    :param permission: the result of the check that refused it.
    """
    # Only an ACL's check says that there is none. A view without a scope is open to no user's
    # token by intention.
    if not (isinstance(permission, ACLDenied) and request.oauth2.admitted):
        return
    if request.oauth2.service.owners.knows("permits") or _has_acl(context):
        return
    log.warning(
        "A token was refused the permission %r, as every token is: there is no ACL. %s",
        permission.permission,
        CURE,
    )


def _has_acl(context: Any) -> bool:
    return any(hasattr(location, "__acl__") for location in lineage(context))

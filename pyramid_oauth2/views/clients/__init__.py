"""Pages to manage clients: all clients for operators, their own for users.

The pages are the same; :mod:`.contexts` defines whose clients they manage and
what may be done.
"""

from __future__ import annotations

import logging
from typing import Any

from pyramid.authorization import Authenticated
from pyramid.interfaces import PHASE2_CONFIG, ISecurityPolicy
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.viewderivers import DefaultViewMapper

from ...interfaces import ISettings
from ...startup_error import StartupError
from ..endpoint import Endpoint
from .blocking import blocking
from .client import client
from .contexts import AllClients, OwnClients
from .editing import editing
from .grants import grants
from .lifecycle import approving, deleting, disabling, enabling, ending_earlier, withdrawing
from .listing import listing
from .registration import registering
from .secrets import rotating

log = logging.getLogger(__name__)

# By the end of the route's name; that of the path below the listing has "-" for ".".
PAGES: dict[str, Endpoint] = {
    "": listing,
    "register": registering,
    "client": client,
    "edit": editing,
    "secret": rotating,
    "secret.earlier": ending_earlier,
    "withdraw": withdrawing,
    "delete": deleting,
}
# A client that an operator disabled stays disabled: its owner cannot enable it. And
# only the users themselves and operators may see who uses a client.
OPERATOR_PAGES = {
    **PAGES,
    "approve": approving,
    "block": blocking,
    "disable": disabling,
    "enable": enabling,
    "grants": grants,
}


def includeme(config: Any) -> None:
    """Add the pages that the settings enable."""
    settings = config.registry.getUtility(ISettings)
    if settings.admin:
        _add_pages(config, AllClients, OPERATOR_PAGES)
        _check_security_policy(config, settings)
    if settings.self_service:
        _add_pages(config, OwnClients, PAGES)


def _add_pages(config: Any, factory: Any, pages: dict[str, Endpoint]) -> None:
    root = config.registry.getUtility(ISettings).path + "/" + factory.name.replace(".", "/")
    for page, view in pages.items():
        name = f"oauth2.{factory.name}.{page}".rstrip(".")
        path = f"{root}/{page.replace('.', '-')}".rstrip("/")
        _add_page(config, name, path, factory, view)
    _add_page(config, f"oauth2.{factory.name}.slash", f"{root}/", factory, listing)


def _add_page(config: Any, name: str, path: str, factory: Any, view: Endpoint) -> None:
    config.add_route(name, path, factory=factory)
    config.add_view(
        view,
        route_name=name,
        # Explicit, because the application may have defaults for all three. The pages check the
        # permission and the login themselves, and send those who are not signed in to the login.
        permission=NO_PERMISSION_REQUIRED,
        require_csrf=False,
        mapper=DefaultViewMapper,
        oauth2_refused=True,
    )


def _check_security_policy(config: Any, settings: Any) -> None:
    def check() -> None:
        policy = config.registry.queryUtility(ISecurityPolicy)
        # Without a policy Pyramid checks no permission: the pages would be public.
        # Our own policy alone grants the permission to no user.
        if policy is None or getattr(policy, "wrapped", policy) is None:
            raise StartupError(
                "oauth2.admin = true, but there is no security policy that could say who is "
                "allowed in. Set one with config.set_security_policy, before config.commit()."
            )

    # After the policy was set and wrapped, and before the views, which read it once.
    config.action("oauth2 admin pages", check, order=PHASE2_CONFIG + 2)
    if Authenticated in settings.admin_principals:
        log.warning(
            "oauth2.admin_principals names %s: everybody who can sign in manages all clients.",
            Authenticated,
        )

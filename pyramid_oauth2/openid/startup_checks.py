"""Start-up checks of OpenID Connect: whether the application says what clients will ask for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pyramid.events import ApplicationCreated

from ..interfaces import IService
from ..startup_error import StartupError


def includeme(config: Any) -> None:
    """Check when the application is complete."""
    config.add_subscriber(_check, ApplicationCreated)


def _check(event: Any) -> None:
    found = list(_missing(event.app.registry.getUtility(IService)))
    if found:
        raise StartupError("\n".join(found))


def _missing(service: Any) -> Iterator[str]:
    if not service.server.can_sign:
        yield (
            "oauth2.openid = true, but the server cannot sign: write what 'poauth2 secret' prints "
            "into oauth2.secret."
        )
    if not service.owners.knows("claims"):
        yield (
            "oauth2.openid = true, but nothing says who a user is: give the application's users to "
            "config.set_oauth2_resource_owners(...), with a method claims(subject, names)."
        )
    if not any(map(service.owners.knows, ("authentication", "authenticated_at"))):
        yield (
            "oauth2.openid = true, but nothing says when a user signed in, which clients may "
            "demand to know: add a method authentication(request) to the resource owners, or "
            "authenticated_at(request)."
        )

"""Start-up checks of OpenID Connect: whether the application says what clients will ask for."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from functools import partial
from typing import Any

from pyramid.events import ApplicationCreated
from pyramid.exceptions import ConfigurationError

from ..interfaces import IService
from ..protocol.records import StoreUnavailable
from ..startup_error import StartupError
from .pairwise_salt import PairwiseSalt, WrongSalt
from .standard_claims import PROTOCOL, STANDARD

log = logging.getLogger(__name__)


def check_at_start(config: Any, salt: PairwiseSalt) -> None:
    """Check when the application is complete."""
    config.add_subscriber(partial(_check, salt=salt), ApplicationCreated)


def _check(event: Any, salt: PairwiseSalt) -> None:
    service = event.app.registry.getUtility(IService)
    found = list(_missing(service))
    if found:
        raise StartupError("\n".join(found))
    _check_salt(service, salt)


def _check_salt(service: Any, salt: PairwiseSalt) -> None:
    try:
        salt.check(service.server)
    except WrongSalt as wrong:
        raise StartupError(str(wrong)) from None
    except StoreUnavailable as unavailable:
        if salt.is_given:
            log.warning(
                "Whether oauth2.openid.pairwise_salt is the right one is not known yet; requests "
                "that need it get 503 until it is. %s",
                unavailable,
            )
    except ConfigurationError:
        if salt.is_given:
            raise
    finally:
        # A server that forks its workers from here would leave them these connections.
        service.close()


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
    for name in sorted(service.server.claim_descriptions):
        if name in PROTOCOL or name in STANDARD or "#" in name:
            yield (
                f"The claim_descriptions of the resource owners have {name}, which this server "
                "describes itself: leave it out. They are for further claims, whose names have "
                "no '#'."
            )
    if service.owners.knows("end_session") and not service.owners.knows("authentication"):
        yield (
            "The method end_session of the resource owners would never be called: add a method "
            "authentication(request) that says the sid of the user's session."
        )

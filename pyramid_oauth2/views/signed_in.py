"""The user who is signed in to the application."""

from __future__ import annotations

from ..protection.request import Request
from ..protocol.server import USER_ACTIVE
from .forbidden import Forbidden


def signed_in_subject(request: Request) -> str | None:
    """The user who is signed in to the application. A bearer token does not count as a login."""
    if request.oauth2.has_bearer:
        return None
    return request.oauth2.authorization_service.owners.subject(request)


def active_subject(request: Request) -> str | None:
    """The subject of the signed-in user; None if no user is signed in.

    :raises Forbidden: the user is deactivated. They are not sent to the login:
        a login that redirects signed-in users back would cause an endless loop.
    """
    subject = signed_in_subject(request)
    if subject is not None and not request.oauth2.authorization_service.owners.is_active(subject):
        refusal = USER_ACTIVE.comparing(subject=subject)
        raise Forbidden("This user is deactivated.", "user_deactivated", refusal=refusal)
    return subject

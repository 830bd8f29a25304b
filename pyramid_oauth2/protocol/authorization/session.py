"""How the user of a new grant has authenticated, and the session that the grant belongs to."""

from __future__ import annotations

from dataclasses import replace

from ..authentication import Authentication
from ..authorization_server import AuthorizationServer
from ..records import Client
from .authorization_request import AuthorizationRequest
from .joining import Joining
from .new_login import has_logged_in
from .progress import Progress


def authenticated(progress: Progress) -> Authentication | None:
    """How the signed-in user has authenticated; None if that is not known."""
    found, since = progress.user.authentication(), _new_login_since(progress)
    if since is None or (found is not None and found.auth_time is not None):
        return found
    # It was then or later. An earlier time is wrong in no client's favour.
    return replace(found or Authentication(), auth_time=since)


def joined(
    progress: Progress, client: Client, subject: str, granted: AuthorizationRequest
) -> Authentication | None:
    """The same, with the ``sid`` of the session that the grant belongs to, if it belongs to one.

    Called before the grant is in the store: a session that names a client too many harms nothing.
    """
    authentication, sessions = authenticated(progress), progress.server.plug_ins.sessions
    if sessions is None:
        return authentication
    browser = progress.user.present_browser()
    sid = sessions.join(Joining(client, subject, granted, authentication, browser))
    if authentication is None and sid is None:
        return None
    # Also without one: the session that the application has named may not be kept.
    return replace(authentication or Authentication(), sid=sid)


def lasts(server: AuthorizationServer, subject: str, authentication: Authentication | None) -> bool:
    """Whether the session of a grant, which is in the store by now, has not ended."""
    sessions = server.plug_ins.sessions
    if sessions is None or authentication is None or authentication.sid is None:
        return True
    return sessions.lasts(subject, authentication.sid)


def _new_login_since(progress: Progress) -> int | None:
    if progress.pending is not None:
        return progress.pending.interaction.login_demanded_at
    mark = progress.mark
    return mark.demanded_at if mark and has_logged_in(progress.user, mark) else None

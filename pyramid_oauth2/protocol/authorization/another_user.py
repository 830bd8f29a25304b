"""A request that goes on with another user: the one who opened its page is not the right one."""

from __future__ import annotations

from dataclasses import replace

from ..authorization_server import AuthorizationServer
from .interaction import OpenInteraction, change_interaction
from .interaction_data import Interaction
from .unusable import ForeignInteraction
from .user import User


def release(server: AuthorizationServer, handle: str, user: User) -> None:
    """Unbind a stored request from its user: the next one who opens it in this browser decides.

    It ends when it would have ended.

    :param user: the one who opened it.
    :raises UnusableInteraction: it is unknown, expired or used.
    :raises ForeignInteraction: it is bound to another browser or user.
    """

    def released(found: OpenInteraction) -> Interaction:
        bound = found.interaction
        if not bound.is_of(user.browser()):
            raise ForeignInteraction("This page belongs to another browser.", another_user=False)
        if bound.subject not in (None, user.subject):
            raise ForeignInteraction("This page was opened by another user.", another_user=True)
        # A login that the request demanded was this user's.
        return replace(bound, subject=None, login_demanded_at=None, ends_at=None)

    change_interaction(server, handle, released)

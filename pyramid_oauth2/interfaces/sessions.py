"""The sessions in which users sign in at clients."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zope.interface import Interface

if TYPE_CHECKING:
    from ..protocol.authorization.joining import Joining


class ISessions(Interface):
    """Keeps which clients a user has signed in at with one login.

    Registered with ``config.set_oauth2_sessions``. It may write entries; grants it only reads.
    """

    def join(joining: Joining) -> str | None:
        """The ``sid`` of the session that a new grant belongs to; None if it belongs to none.

        Called before the grant is in the store, which may then fail. Called again for the same
        client and session, it returns the same.
        """

    def lasts(subject: str, sid: str) -> bool:
        """Whether the session has not ended.

        Called once the grant is in the store. If it has ended, the grant is ended as well.
        """

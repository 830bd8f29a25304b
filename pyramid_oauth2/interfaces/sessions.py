"""The sessions in which users sign in at clients."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from zope.interface import Attribute, Interface

if TYPE_CHECKING:
    from ..protocol.authentication import Authentication
    from ..protocol.authorization.joining import Joining
    from ..protocol.session import Session


class ISessions(Interface):
    """Keeps which clients a user has signed in at with one login.

    Registered with ``config.set_oauth2_sessions``. It may write entries; grants it only reads: the
    core ends those of a session.
    """

    lifetime: int = Attribute(
        "for how many seconds after its last sign-in a session may have grants; a browser keeps "
        "the cookie that names it for as long"
    )

    def join(joining: Joining) -> str | None:
        """The ``sid`` of the session that a new grant belongs to; None if it belongs to none.

        Called before the grant is in the store, which may then fail. Called again for the same
        client and session, it returns the same.
        """

    def sid_of(said: str) -> str:
        """The ``sid`` of the session that a client knows by *said*; *said* itself if none does.

        :raises StoreUnavailable: it is not known now.
        """

    def lasts(subject: str, sid: str) -> bool:
        """Whether the session has not ended.

        Called once the grant is in the store. If it has ended, the grant is ended as well.
        """

    def current(
        subject: str, authentication: Authentication | None, browser: str
    ) -> Session | None:
        """The session that a sign-in of this user at this browser would join; None: there is none.

        :param authentication: of the signed-in user, as for :meth:`join`.
        :param browser: a digest that identifies the browser.
        """

    def of_user(subject: str) -> Iterable[Session]:
        """The sessions of a user that have not ended, in any order."""

    def remove(subject: str, sid: str) -> Session | None:
        """End the session; :meth:`lasts` is False from now on.

        :return: the session; of several calls at the same time one gets it, the others None.
        """

    def ending(subject: str) -> AbstractContextManager[Collection[str]]:
        """Name the ``sid`` of each removed session of a user whose end is not finished.

        Used whenever a session of the user is to end: an earlier call may have failed. Within the
        context the core ends the grants of these sessions. At the end of the context their clients
        are to be notified, without waiting for them; if it ends by an exception, the same sessions
        are named again later.
        """

    def close() -> None:
        """Finish what runs in the background, within a few seconds: the process ends."""

"""The sessions in which users have signed in at clients, and how they end."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import partial

from .authorization_server import AuthorizationServer
from .envelope import loads
from .events import Emit, SessionEnded, emit_nothing
from .follow_up import follow_up
from .grants import PAGE, end_grant, is_living
from .listings import every
from .records import Grant
from .scopes import OFFLINE_ACCESS
from .session import Session
from .subject import checked_subject

ENDED_BY_APPLICATION = "session ended by the application"
ENDED_BY_OPERATOR = "session ended by an operator"
ENDED_BY_USER = "session ended by the user"
SIGNED_OUT = "the user signed out"


class Sessions:
    """The sessions of the users of a server.

    There are some only if something keeps them, as ``oauth2.openid`` does. What the application
    itself remembers of a login is its own: :meth:`end` ends it only if the application has a
    method :meth:`~pyramid_oauth2.interfaces.IResourceOwners.end_session`, and said which
    session it was. Each change is written at once, also within a transaction of the application.

    :param emit: receives an event for every session that ends.
    """

    def __init__(self, server: AuthorizationServer, emit: Emit = emit_nothing) -> None:
        self._server = server
        self._emit = emit

    def list(self, subject: str) -> list[Session]:
        """The sessions of a user, the latest first.

        :raises ValueError: *subject* names no user.
        """
        keeper, subject = self._server.sessions, checked_subject(subject)
        found = () if keeper is None else keeper.of_user(subject)
        return sorted(found, key=lambda session: (-_latest(session), session.sid))

    def end(self, subject: str, sid: str, reason: str = ENDED_BY_APPLICATION) -> bool:
        """End a session of a user: grants that were given in it, and the login where possible.

        A grant with the scope ``offline_access`` stays, for it does not depend on the user being
        there (OpenID Connect Back-Channel Logout section 2.7). The clients of the session are
        notified if they have a ``backchannel_logout_uri``; this does not wait for it.

        :param reason: a fixed text for the events and the records: metrics count by it.
        :return: whether this call ended it. If not, there is none, or another call did.
        :raises ValueError: *subject* names no user.
        :raises StoreUnavailable: the store cannot write; call it again.
        """
        checked_subject(subject)
        keeper = self._server.sessions
        if keeper is None:
            return False
        session = keeper.remove(subject, sid)
        grants = 0
        try:
            # Also if another call has removed it: that one may have failed since.
            grants = self._end_grants(subject, {sid}, reason)
        finally:
            if session is not None:
                self.finish(session, grants, reason)
        return session is not None

    def end_all(self, subject: str, reason: str = ENDED_BY_APPLICATION) -> int:
        """End every session of a user; see :meth:`end`.

        :return: how many this call ended.
        """
        return sum(self.end(subject, session.sid, reason) for session in self.list(subject))

    def remove_all(self, subject: str) -> tuple[Session, ...]:
        """Remove every session of a user, whose grants the caller ends; then :meth:`finish`."""
        keeper = self._server.sessions
        if keeper is None:
            return ()
        removed = [keeper.remove(subject, session.sid) for session in keeper.of_user(subject)]
        return tuple(session for session in removed if session is not None)

    def finish(self, session: Session, grants: int, reason: str) -> None:
        """What follows the end of a removed session and of its *grants*."""
        server = self._server
        with follow_up("Not every client is notified of the end of a session"):
            if server.sessions is not None:
                server.sessions.ended(session)
        if session.of_application:
            server.end_session(session.subject, session.sid)
        self._emit(
            SessionEnded(
                subject=session.subject,
                sid=session.sid,
                clients=frozenset(each.client_id for each in session.sign_ins),
                grants=grants,
                reason=reason,
            )
        )

    def _end_grants(self, subject: str, sids: Collection[str], reason: str) -> int:
        end = partial(end_grant, self._server, reason=reason, emit=self._emit)
        return sum(end(grant) for grant in self._grants_in(subject, sids))

    def _grants_in(self, subject: str, sids: Collection[str]) -> Iterator[Grant]:
        store = self._server.grants
        for grant in every(lambda at: store.grants(subject, None, at, PAGE)):
            ends = OFFLINE_ACCESS not in grant.scope and is_living(grant, self._server.clock())
            if ends and sid_of(grant) in sids:
                yield grant


def sid_of(grant: Grant) -> str | None:
    """The ``sid`` of the session in which a grant was given; None if it was in none.

    Also of a grant that this version of the server cannot use.
    """
    members = loads(grant.data)
    said = members.get("authentication") if isinstance(members, dict) else None
    sid = said.get("sid") if isinstance(said, dict) else None
    return sid if isinstance(sid, str) else None


def _latest(session: Session) -> int:
    return max((each.at for each in session.sign_ins), default=session.began_at)

"""The sessions in which users have signed in at clients, and how they end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from functools import cache
from itertools import islice

from .authorization_server import AuthorizationServer
from .envelope import loads
from .events import Emit, SessionEnded, emit_nothing
from .grants import PAGE, end_grant, is_living
from .listings import every
from .records import Grant
from .scopes import OFFLINE_ACCESS
from .session import Session
from .subject import checked_subject

ENDED_BY_APPLICATION = "session ended by the application"
ENDED_BY_OPERATOR = "session ended by an operator"
ENDED_BY_USER = "session ended by the user"
ENDED_LATER = "session ended before, when it could not be finished"
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

    def list(self, subject: str, most: int | None = None) -> list[Session]:
        """The sessions of a user, the latest first.

        :param most: how many are read at most, of which it is not known whether they are the
            latest; None: all. Most users have a few, a script that signs in all day has thousands.
        :raises ValueError: *subject* names no user.
        """
        keeper, subject = self._server.sessions, checked_subject(subject)
        found = () if keeper is None else keeper.of_user(subject)
        return sorted(islice(found, most), key=lambda session: (-_latest(session), session.sid))

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
        named = keeper.sid_of(sid)
        session = keeper.remove(subject, named)
        # Also if another call has removed it: that one may have failed since.
        removed = () if session is None else (session,)
        self._end_grants(subject, removed, lambda sid: sid == named, reason)
        return session is not None

    def end_all(self, subject: str, reason: str = ENDED_BY_APPLICATION) -> int:
        """End every session of a user; see :meth:`end`.

        Grants of a session that is over by itself, or whose end has failed, end too.

        :return: how many this call ended.
        """
        keeper = self._server.sessions
        removed = self.remove_all(checked_subject(subject), reason)
        if keeper is not None:
            # Not the grants of one that has begun meanwhile.
            over = cache(lambda sid: not keeper.lasts(subject, sid))
            self._end_grants(subject, removed, over, reason)
        return len(removed)

    def end_left(self, subject: str) -> None:
        """End what is left of sessions of a user which have ended, and could not be finished.

        :raises StoreUnavailable: the store cannot write; call it again.
        """
        self._end_grants(subject, (), lambda sid: False, ENDED_LATER)

    def remove_all(self, subject: str, reason: str) -> tuple[Session, ...]:
        """Remove every session of a user, whose grants the caller ends, within :meth:`ending`.

        :raises StoreUnavailable: the store cannot write; the next call finishes those that it has
            removed.
        """
        keeper, removed = self._server.sessions, list[Session]()
        if keeper is None:
            return ()
        try:
            for session in keeper.of_user(subject):
                if (ended := keeper.remove(subject, session.sid)) is not None:
                    removed.append(ended)
        except BaseException:
            self._removed(removed, Counter(), reason)
            raise
        return tuple(removed)

    @contextmanager
    def ending(
        self, subject: str, removed: Iterable[Session], reason: str
    ) -> Iterator[tuple[Collection[str], Counter[str]]]:
        """Within it grants end: those of removed sessions, also of what earlier calls have left.

        :return: the ``sid`` of each such session, and the number of ended grants by ``sid``, which
            the caller counts.
        """
        ended, keeper = Counter[str](), self._server.sessions
        try:
            with keeper.ending(subject) if keeper is not None else nullcontext(()) as sids:
                yield sids, ended
        finally:
            self._removed(removed, ended, reason)

    def _removed(self, removed: Iterable[Session], grants: Mapping[str, int], reason: str) -> None:
        for session in removed:
            self._finish(session, grants.get(session.sid, 0), reason)

    def _finish(self, session: Session, grants: int, reason: str) -> None:
        server = self._server
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

    def _end_grants(
        self,
        subject: str,
        removed: Iterable[Session],
        ends: Callable[[str], bool],
        reason: str,
    ) -> None:
        with self.ending(subject, removed, reason) as (sids, ended):
            for sid, grant in self._grants_in(subject, lambda sid: sid in sids or ends(sid)):
                ended[sid] += end_grant(self._server, grant, reason=reason, emit=self._emit)

    def _grants_in(self, subject: str, ends: Callable[[str], bool]) -> Iterator[tuple[str, Grant]]:
        store = self._server.grants
        for grant in every(lambda at: store.grants(subject, None, at, PAGE)):
            sid = sid_of(grant)
            living = OFFLINE_ACCESS not in grant.scope and is_living(grant, self._server.clock())
            if living and sid is not None and ends(sid):
                yield sid, grant


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

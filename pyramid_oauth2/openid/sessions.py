"""The sessions of users, in the entry store: at which clients they signed in with one login.

A session is named by its browser and its user, so that each sign-in of the same login finds it; or
by the ``sid`` that the application gives. It is written before the grant of the client: a session
that lists a client too many harms nothing.

The entry of one that has ended stays for a while, marked. Were it deleted, the next session would
begin with the same version, and a sign-in that has read the earlier one could bring that back.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from zope.interface import implementer

from ..interfaces.server import IServer
from ..interfaces.sessions import ISessions
from ..protocol.authentication import Authentication
from ..protocol.authorization.joining import Joining
from ..protocol.contention import Contention
from ..protocol.follow_up import follow_up
from ..protocol.listings import every
from ..protocol.records import Entry
from ..protocol.session import Session
from ..settings import Settings
from .delivery import Delivery
from .scopes import OPENID
from .session_entries import SessionEntries, of_application, of_browser
from .session_record import (
    NAMESPACE,
    ended_entry,
    entry_of,
    session_of,
    signed_in,
    unfinished,
    unfinished_entry,
)
from .settings import OpenIDSettings
from .sids import Sids

PAGE = 100
RANDOM = 16  # bytes


@implementer(ISessions)
class SessionKeeper:
    """Keeps them.

    :param sids: by which clients know sessions.
    :param delivery: notifies the clients of a session that has ended.
    """

    def __init__(
        self, server: IServer, settings: Settings, sids: Sids, delivery: Delivery | None = None
    ) -> None:
        self._server, self.sids, self.delivery = server, sids, delivery
        self._entries = SessionEntries(server)
        self._lifetime = settings.of(OpenIDSettings).session_lifetime

    @property
    def lifetime(self) -> int:
        """For how long refreshes may extend a session after a sign-in, at least."""
        return max(self._lifetime, self._server.lifetimes.grant)

    def join(self, joining: Joining) -> str | None:
        """The ``sid`` of the session of a sign-in; None if it is none of OpenID Connect.

        :raises StoreUnavailable: the store cannot read or write.
        """
        if OPENID not in joining.request.access.scope:
            return None
        key, contention = _key(joining), Contention("the session")
        while True:
            before = self._server.entries.get(NAMESPACE, key)
            if before is not None and self.delivery is not None and unfinished(before) is not None:
                # The entry of the session before: what is left of it must not be lost with it.
                self.delivery.end_left(joining.subject)
                before = self._server.entries.get(NAMESPACE, key)
            present = self._entries.present(before) or self._begun(key, joining)
            browser = of_browser(joining.browser, joining.subject)
            session = signed_in(present, joining, browser, self._now)
            if self._entries.put(entry_of(session, key, self._now + self._lifetime), before):
                return session.sid
            contention.lost()

    def current(
        self, subject: str, authentication: Authentication | None, browser: str
    ) -> Session | None:
        """The session of the user who is signed in at a browser; None if there is none.

        :param browser: as for :class:`~.joining.Joining`.
        """
        sid = authentication.sid if authentication else None
        key = of_browser(browser, subject) if sid is None else of_application(subject, sid)
        session = self._entries.present(self._server.entries.get(NAMESPACE, key))
        return session if session is not None and session.subject == subject else None

    def of_browser(self, sid: str, browser: str, sub: str) -> Session | None:
        """The session of that ``sid``, if its last sign-in was at a browser; None if it was not.

        :param browser: as for :class:`~.joining.Joining`.
        :param sub: the user, as a client knows them. If the application has given the ``sid``,
            the session is not found for a pairwise client.
        """
        for key in (sid.partition(".")[0], of_application(sub, sid)):
            session = self._entries.present(self._entries.named(key))
            # One that an earlier version has written, is named by the browser alone.
            if (
                session is not None
                and session.sid == sid
                and of_browser(browser, session.subject) in (key, session.browser)
            ):
                return session
        return None

    def sid_of(self, said: str) -> str:
        """The ``sid`` of the session that a client knows by *said*."""
        return self.sids.sid_of(said)

    def lasts(self, subject: str, sid: str) -> bool:
        """Whether the session has not ended."""
        return self._entries.found(subject, sid) is not None

    def of_user(self, subject: str) -> Iterator[Session]:
        """The sessions of a user that have not ended."""
        entries = self._server.entries
        for entry in every(lambda at: entries.list(NAMESPACE, subject, at, PAGE)):
            if (session := self._entries.present(entry)) is not None:
                yield session

    def remove(self, subject: str, sid: str) -> Session | None:
        """End the session, as its last sign-in has left it.

        :return: None if there is none, or if another call has ended it.
        """
        contention = Contention("the session")
        while (entry := self._entries.found(subject, sid)) is not None:
            session = session_of(entry)
            if self._entries.put(self._ended(entry, session), entry):
                return session
            # Another client has signed the user in, and is to be notified too; or it has ended.
            contention.lost()
        return None

    @contextmanager
    def ending(self, subject: str) -> Iterator[frozenset[str]]:
        """Name the removed sessions of a user whose grants end within it; then notify clients."""
        if self.delivery is None:
            yield frozenset()
            return
        unfinished_ends = self.delivery.unfinished
        with self.delivery.later_if_this_fails():
            found = unfinished_ends.of_user(subject)
            yield frozenset(each.ended.session.sid for each in found)
        with (
            follow_up("Not every client is notified of the end of a session yet"),
            self.delivery.later_if_this_fails(),
        ):
            if unfinished_ends.finish(found):
                self.delivery.wake()

    def close(self) -> None:
        """Send what is due, within a few seconds."""
        if self.delivery is not None:
            self.delivery.close()

    @property
    def _now(self) -> int:
        return self._server.clock()

    def _begun(self, key: str, joining: Joining) -> Session:
        given = joining.authentication.sid if joining.authentication else None
        # The key is in it, so that it can be found by its identifier alone.
        sid = given or f"{key}.{self._server.random(RANDOM).hex()}"
        return Session(joining.subject, sid, self._now, None, (), given is not None)

    def _ended(self, entry: Entry, session: Session | None) -> Entry:
        now, random = self._now, self._server.random
        if session is None or self.delivery is None:
            return ended_entry(entry, now, random)
        return unfinished_entry(entry, session, now, random)


def _key(joining: Joining) -> str:
    sid = joining.authentication.sid if joining.authentication else None
    if sid is not None:
        return of_application(joining.subject, sid)
    return of_browser(joining.browser, joining.subject)

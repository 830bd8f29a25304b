"""The outbox: which clients are still to be notified that a session has ended.

A notice is an entry, written when the session ends. What sends it claims it first, by compare and
swap, for as long as it may take: so of several processes one sends it, and another one does if
that ends before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import sha256
from typing import Any

from ..interfaces.server import IServer
from ..protocol.clients.extra import value_of
from ..protocol.envelope import dumps, loads
from ..protocol.listings import every
from ..protocol.lost_responses import until_known
from ..protocol.records import Client, Entry, StoreUnavailable
from .logout_fields import BACKCHANNEL_LOGOUT_URI
from .session_record import Ended

NAMESPACE = "logout_notice"
PAGE = 50
KEY_LENGTH = 32
MEMBERS = frozenset({"client_id", "subject", "sid", "attempts", "due_at", "kept_until"})
LEASE = 60
"""For how many seconds a notice is claimed: longer than a client may take to answer."""
PAUSES = (10, 60, 600)
"""Seconds before each of three repetitions."""
KEPT = 86_400
"""Seconds after which a notice that nothing has sent is given up."""
STORED = 7 * KEPT
"""Seconds after which the store drops it, if nothing runs that would give it up."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A client that is to be notified.

    :param attempts: how many were begun.
    :param due_at: when it may be sent, in UTC seconds.
    :param version: of its entry.
    :param others: the members that a later version of the server wrote.
    """

    key: str = field(repr=False)
    client_id: str
    subject: str
    sid: str = field(repr=False)
    attempts: int
    due_at: int
    kept_until: int
    version: int
    others: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def entry(self) -> Entry:
        """The record."""
        members = {
            # A later version may have written them, while it is rolled out.
            **self.others,
            "client_id": self.client_id,
            "subject": self.subject,
            "sid": self.sid,
            "attempts": self.attempts,
            "due_at": self.due_at,
            "kept_until": self.kept_until,
        }
        expires_at = self.kept_until - KEPT + STORED
        return Entry(NAMESPACE, self.key, None, dumps(members), self.version, expires_at)

    @classmethod
    def of(cls, entry: Entry) -> Notice | None:
        """The notice of a record; None if this version of the server cannot read it."""
        members = loads(entry.data)
        try:
            return cls(
                key=entry.key,
                client_id=str(members["client_id"]),
                subject=str(members["subject"]),
                sid=str(members["sid"]),
                attempts=int(members["attempts"]),
                due_at=int(members["due_at"]),
                kept_until=int(members["kept_until"]),
                version=entry.version,
                others={name: value for name, value in members.items() if name not in MEMBERS},
            )
        except (KeyError, TypeError, ValueError):
            return None


class Outbox:
    """The notices in the entry store."""

    def __init__(self, server: IServer) -> None:
        self._server = server

    def write(self, ended: Ended) -> int:
        """Write a notice for each client of a session that wants one; return how many.

        :raises StoreUnavailable: the store cannot write; a part may be written. Call it again.
        """
        session, now = ended.session, self._server.clock()
        clients = [each.client_id for each in session.sign_ins]
        notified = [name for name in clients if self._may_want_one(name)]
        for client_id in notified:
            key = sha256(f"{ended.mark} {client_id}".encode()).hexdigest()[:KEY_LENGTH]
            notice = Notice(key, client_id, session.subject, session.sid, 0, now, now + KEPT, 0)
            # That it is there already is no failure: an earlier call has written it.
            until_known(partial(self._server.entries.put, notice.entry(), None))
        return len(notified)

    def _may_want_one(self, client_id: str) -> bool:
        try:
            return logout_uri(self._server.client(client_id)) is not None
        except StoreUnavailable:
            # Of one that cannot be read now it is not known: what sends the notice asks again.
            return True

    def waiting(self) -> Iterator[Notice]:
        """Every notice, also one that is not due yet."""
        entries, now = self._server.entries, self._server.clock()
        for entry in every(lambda at: entries.list(NAMESPACE, cursor=at, limit=PAGE)):
            notice = Notice.of(entry)
            if notice is not None and (entry.expires_at is None or now < entry.expires_at):
                yield notice

    def claim(self, notice: Notice) -> Notice | None:
        """Claim a notice that is due, in order to send it; None if another process has.

        That an attempt has begun counts, also if its process then ends.
        """
        due_at = self._server.clock() + LEASE
        return self._changed(replace(notice, attempts=notice.attempts + 1, due_at=due_at))

    def done(self, notice: Notice) -> None:
        """Remove a notice that was claimed."""
        self._server.entries.delete(NAMESPACE, notice.key, notice.version)

    def failed(self, notice: Notice) -> bool:
        """Keep a notice that was claimed for a later attempt; return whether there is one left."""
        pause = PAUSES[notice.attempts - 1] if notice.attempts <= len(PAUSES) else None
        due_at = self._server.clock() + (pause or 0)
        if pause is None or due_at >= notice.kept_until:
            self.done(notice)
            return False
        self._changed(replace(notice, due_at=due_at))
        return True

    def _changed(self, notice: Notice) -> Notice | None:
        # If the response is lost, the lease ends, and it is sent again: a client that is notified
        # twice does the same twice.
        put = self._server.entries.put(notice.entry(), notice.version)
        return replace(notice, version=notice.version + 1) if put else None


def logout_uri(client: Client | None) -> str | None:
    """Where a client is notified; None if it does not want to be, or is disabled."""
    uri = None if client is None else value_of(BACKCHANNEL_LOGOUT_URI, client)
    return None if uri is None else str(uri)

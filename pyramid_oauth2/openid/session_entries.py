"""The entries of sessions: their names, and how they are found and written."""

from __future__ import annotations

import re
from hashlib import sha256

from ..interfaces.server import IServer
from ..protocol.lost_responses import until_put
from ..protocol.records import Entry
from ..protocol.session import Session
from .session_record import NAMESPACE, entry_of, session_of

KEY_LENGTH = 32
KEY = re.compile(rf"[0-9a-f]{{{KEY_LENGTH}}}")


class SessionEntries:
    """The entries of the sessions of a server."""

    def __init__(self, server: IServer) -> None:
        self._server = server

    def present(self, entry: Entry | None) -> Session | None:
        """The session of an entry, unless it has expired or cannot be read."""
        ended = entry is None or (
            entry.expires_at is not None and entry.expires_at <= self._server.clock()
        )
        return None if entry is None or ended else session_of(entry)

    def used(self, subject: str, sid: str, lifetime: int) -> bool:
        """Extend a session that the new refresh token of a grant would outlive.

        A sign-out has to reach the grant.

        :return: whether the session has not ended.
        :raises StoreUnavailable: the store cannot read or write.
        """
        entry, now = self.found(subject, sid), self._server.clock()
        session = self.present(entry)
        if entry is None or session is None:
            return False
        end = entry.expires_at
        if end is not None and end - now < self._server.lifetimes.refresh_token:
            # If another call has changed it meanwhile, the next refresh extends it.
            self.put(entry_of(session, entry.key, now + lifetime), entry)
        return True

    def named(self, key: str) -> Entry | None:
        """The entry of that name."""
        # What is no name of ours may be any text.
        return self._server.entries.get(NAMESPACE, key) if KEY.fullmatch(key) else None

    def found(self, subject: str, sid: str) -> Entry | None:
        """The entry of a session that has not ended; None if there is none."""
        for key in (sid.partition(".")[0], of_application(subject, sid)):
            entry = self.named(key)
            session = self.present(entry)
            if session is not None and (session.subject, session.sid) == (subject, sid):
                return entry
        return None

    def put(self, entry: Entry, before: Entry | None) -> bool:
        """Write it, if it is still as it was; return whether it was."""
        return until_put(self._server.entries, entry, before.version if before else None)


def of_browser(browser: str, subject: str) -> str:
    """The name of the entry of a session that a browser has begun."""
    # The digest of a browser has a fixed length.
    return _digest(f"browser {browser} {subject}")


def of_application(subject: str, sid: str) -> str:
    """The name of the entry of a session to which the application has given its ``sid``."""
    return _digest(f"application {len(subject)} {subject} {sid}")


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:KEY_LENGTH]

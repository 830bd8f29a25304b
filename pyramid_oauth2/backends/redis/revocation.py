"""Revoking the grants of a user, also those that are being opened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .indexes import Entry, all_entries, is_of
from .key_names import client_index, grant_key, subject_index
from .scripts import REVOKE_GRANT, REVOKE_IN_ADVANCE
from .server import Server
from .values import grant_of, is_mark, milliseconds, quoted


@dataclass(frozen=True, slots=True)
class SubjectRevocation:
    """One call of :meth:`~pyramid_oauth2.interfaces.IGrantStore.revoke_subject`."""

    subject: str
    now: int
    reason: str
    client_id: str | None

    def __call__(self, server: Server) -> int:
        """Revoke what the user's listing leads to; return how many grants were revoked."""
        revoked = 0
        for entries in all_entries(server, subject_index(self.subject)):
            chosen = self._of_client(server, [entry for entry in entries if entry[1] > self.now])
            values = server.get_many(grant_key(name.decode()) for name, _ in chosen)
            for entry, value in zip(chosen, values, strict=True):
                revoked += self._revoke(server, entry, value)
        return revoked

    def _of_client(self, server: Server, entries: Sequence[Entry]) -> Sequence[Entry]:
        if self.client_id is None:
            return entries
        index = client_index(self.client_id)
        known = server.many(("ZSCORE", index, name) for name, _ in entries)
        return [entry for entry, score in zip(entries, known, strict=True) if score is not None]

    def _revoke(self, server: Server, entry: Entry, value: bytes | None) -> bool:
        name, end = entry
        grant_id = name.decode()
        while value is None or is_mark(value):
            if not self._revoke_in_advance(server, grant_id, end):
                return False
            (value,) = server.read(grant_key(grant_id))  # It was written meanwhile.
        grant = grant_of(grant_id, value)
        # One that cannot be read is revoked as well, since it may be this user's.
        if grant is not None and not is_of(grant, self.subject, self.client_id):
            return False
        return revoke_grant(server, grant_id, self.now, self.reason)

    def _revoke_in_advance(self, server: Server, grant_id: str, end: int) -> bool:
        """Revoke a grant before it exists; return whether it does by now."""
        arguments = (quoted(self.reason), quoted(self.subject), end, milliseconds(end, self.now))
        keys = [grant_key(grant_id)]
        return bool(server.run(REVOKE_IN_ADVANCE, keys, self.now, *arguments, replicated=True))


def revoke_grant(server: Server, grant_id: str, now: int, reason: str) -> bool:
    """Revoke a grant; return whether this call revoked it."""
    keys = [grant_key(grant_id)]
    return bool(server.run(REVOKE_GRANT, keys, now, quoted(reason), replicated=True))

"""Which session a browser has just signed out of.

A double click sends a request once more, before the browser has the response to the first one: with
the cookies of a login that has ended. Its hint still has to count. That a session has ended does
not say so: it may have ended elsewhere, and the user may have signed in here again.
"""

from __future__ import annotations

from hashlib import sha256

from ..interfaces.server import IServer
from ..protocol.records import Entry

NAMESPACE = "signed_out"
REMEMBERED = 60  # seconds


def remember_signed_out(server: IServer, sid: str, browser: str) -> None:
    """Remember for a minute that a browser signs out of a session; to be called before it ends.

    :param browser: a digest of its secret, which it loses with the response.
    :raises StoreUnavailable: the store cannot write.
    """
    expires_at = server.clock() + REMEMBERED
    server.entries.put(Entry(NAMESPACE, _key(sid, browser), expires_at=expires_at), None)


def has_just_signed_out(server: IServer, sid: str, browser: str) -> bool:
    """Whether the browser signed out of that session within the last minute.

    :raises StoreUnavailable: the store cannot be read.
    """
    entry = server.entries.get(NAMESPACE, _key(sid, browser))
    return entry is not None and (entry.expires_at or 0) > server.clock()


def _key(sid: str, browser: str) -> str:
    # The digest of a browser has a fixed length.
    return sha256(f"{browser} {sid}".encode()).hexdigest()

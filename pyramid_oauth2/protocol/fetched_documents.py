"""Which documents the server has fetched, for its operator: as many as there are places.

A document has its place by its URL, and takes it from another that has the same: so the record
is bounded, also under a flood of made-up URLs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .contention import Contention
from .envelope import Members, NotUnderstood, dumps
from .listings import every
from .lost_responses import until_put
from .records import Entry

if TYPE_CHECKING:
    from ..interfaces.entries import IEntryStore
    from .events import DocumentFetched

NAMESPACE = "fetched document"
PLACES = 256
KEPT = 30 * 86_400  # seconds
LONGEST = 1000  # characters of a URL


@dataclass(frozen=True, slots=True)
class Fetched:
    """The last request for a document.

    :param at: in UTC seconds.
    :param error: why there was no usable document; None if there was one.
    """

    url: str
    purpose: str
    at: int
    error: str | None


def note(entries: IEntryStore, event: DocumentFetched, now: int) -> None:
    """Write that a document was fetched.

    :raises StoreUnavailable: the store cannot write.
    """
    url = event.url[:LONGEST]
    place = int.from_bytes(hashlib.sha256(url.encode()).digest()[:8]) % PLACES
    members = {"url": url, "purpose": event.purpose, "at": now, "error": event.error}
    data = dumps({name: value for name, value in members.items() if value is not None})
    contention = Contention("the list of fetched documents")
    while True:
        found = entries.get(NAMESPACE, str(place))
        entry = Entry(NAMESPACE, str(place), data=data, expires_at=now + KEPT)
        version = None if found is None else found.version
        if until_put(entries, entry, version):
            return
        contention.lost()


def fetched(entries: IEntryStore, now: int) -> list[Fetched]:
    """What was fetched, the latest first."""
    return sorted(_all(entries, now), key=lambda each: each.at, reverse=True)


def _all(entries: IEntryStore, now: int) -> Iterator[Fetched]:
    for entry in every(lambda at: entries.list(NAMESPACE, cursor=at, limit=PLACES)):
        if entry.expires_at is not None and entry.expires_at <= now:
            continue
        try:
            members, _ = _MEMBERS.read(entry.data)
        except NotUnderstood:
            continue
        yield Fetched(members["url"], members["purpose"], members["at"], members.get("error"))


_MEMBERS = Members(
    {"url": str, "purpose": str, "at": int, "error": str}, frozenset({"url", "purpose", "at"})
)

"""The storage interface of small records, under the rules of :mod:`.storage` for every store."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from zope.interface import Interface

if TYPE_CHECKING:
    from ..protocol.records import Entry, Page, Purged


class IEntryStore(Interface):
    """Small records of features: signing keys, sessions, pending approvals.

    A call that is repeated after a lost response
    (:exc:`~pyramid_oauth2.protocol.records.OutcomeUnknown`) may return False since the first one
    has written, which is then as durable as if that one had returned. So False is no lost race
    there, if :meth:`get` returns the caller's own entry, with the version that :meth:`put` gives
    it; or no entry, after :meth:`delete`.

    There are few compared to tokens, and no request with an opaque token reads one.
    """

    def get(namespace: str, key: str) -> Entry | None:
        """Return the entry, also an expired one that was not removed yet."""

    def put(entry: Entry, version: int | None) -> bool:
        """Insert (*version* None), or replace if its version is still *version*.

        The stored ``version`` is 0 after an insert, also of an entry that was deleted before,
        and *version* + 1 after a replacement. A replacement may change everything but
        the namespace and the key.

        :return: False if it exists already, or was changed or deleted meanwhile.
        """

    def delete(namespace: str, key: str, version: int | None = None) -> bool:
        """Remove it, if its version is still *version* or *version* is None.

        :return: whether this call removed it.
        """

    def list(
        namespace: str | None = None,
        owner: str | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[Entry]:
        """List the entries of a namespace, of an owner, or of both together.

        May include expired entries. A page may have fewer than *limit* entries, or none,
        although it is not the last one.

        :raises ValueError: neither is given.
        """

    def purge(now: int, limit: int = 1000) -> Purged:
        """Remove expired entries, at most *limit*."""

    def export(cursor: str | None = None, limit: int = 500) -> Page[Entry]:
        """Return a page of everything, for a copy."""

    def import_(records: Iterable[Entry]) -> int:
        """Insert what does not exist; return how many were new."""

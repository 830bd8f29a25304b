"""Clients on Redis: there are few, so all are in one slot, each together with its index entries.

The indexes are sorted sets with equal scores, which the server sorts by bytes;
an entry ends in NUL and the client_id.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, replace
from itertools import islice
from typing import Any

from zope.interface import implementer

from ...interfaces import IClientStore
from ...protocol.clients.document import client_document
from ...protocol.clients.stored import stored_client
from ...protocol.contention import Contention
from ...protocol.listings import NotACursor, check_limit
from ...protocol.records import Client, DuplicateRecord, Page
from .exchange import Command
from .key_names import client_key, clients_index
from .scripts import FORGET_CLIENT, PUT_CLIENT
from .server import Server, call

NONE, TOMBSTONE = "-", b"deleted\n"
NAME, CREATED, ID = "name", "created", "id"
NUL = b"\0"
BATCH = 500
FILTERED = 200  # entries that a search reads for one page if it has to filter them

_ORDERS = {"client_name": NAME, "created_at": CREATED}
_EDITABLE = {field.name for field in fields(Client)} - {
    "client_id",
    "version",
    "epoch",
    "created_at",
}


@implementer(IClientStore)
class RedisClientStore:
    """A document for each client, and tombstones."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def get(self, client_id: str) -> Client | None:
        """Return the client."""
        (value,) = self._server.read(client_key(client_id))
        return _client_of(client_id, value)

    def was_deleted(self, client_id: str) -> bool:
        """Whether there is a tombstone."""
        (value,) = self._server.read(client_key(client_id))
        return value == TOMBSTONE

    def add(self, client: Client) -> None:
        """Insert a client."""
        if not self._server.run(PUT_CLIENT, *_putting(None, client)):
            raise DuplicateRecord("the client_id is or was in use")

    def edit(self, client_id: str, version: int, changes: Mapping[str, Any]) -> bool:
        """Change a client by compare and swap."""
        if refused := changes.keys() - _EDITABLE:
            raise ValueError(f"a client cannot be changed in {', '.join(sorted(refused))}")
        client = self.get(client_id)
        if client is None or client.version != version:
            self._server.replicate(client_key(client_id))
            return False
        return self._swap(client, replace(client, version=version + 1, **changes))

    def raise_epoch(self, client_id: str, now: int, disabled_at: int | None = None) -> int | None:
        """Revoke everything the client was ever given."""
        contention = Contention("the client")
        while (client := self.get(client_id)) is not None:
            raised = replace(
                client,
                epoch=client.epoch + 1,
                version=client.version + 1,
                updated_at=now,
                disabled_at=client.disabled_at if disabled_at is None else disabled_at,
            )
            if self._swap(client, raised):
                return raised.epoch
            contention.lost()
        return None

    def delete(self, client_id: str, now: int) -> bool:
        """Replace the client by a tombstone."""
        contention = Contention("the client")
        while (client := self.get(client_id)) is not None:
            if self._swap(client, None):
                return True
            contention.lost()
        self._server.replicate(client_key(client_id))
        return False

    def forget(self, client_id: str) -> bool:
        """Remove a tombstone."""
        keys = [client_key(client_id), clients_index(ID)]
        entry = NUL + client_id.encode()
        if self._server.run(FORGET_CLIENT, keys, entry, replicated=True):
            return True
        self._server.replicate(client_key(client_id))
        return False

    def search(
        self,
        owner: str | None = None,
        prefix: str | None = None,
        sort: str = "client_name",
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[Client]:
        """List clients in order."""
        if sort not in _ORDERS:
            raise ValueError(f"clients are sorted by {' or '.join(_ORDERS)}")
        check_limit(limit)
        order = _ORDERS[sort]
        within = _name_key(prefix) if prefix is not None and order == NAME else b""
        after = None if cursor is None else _after(cursor)
        # The index by creation cannot be filtered by name: read more entries than are shown.
        width = limit if prefix is None or order == NAME else max(limit, FILTERED)
        entries = self._entries(clients_index(order, owner), within, after, width + 1)
        if within and (extra := self._of_id(prefix or "", owner, after)):
            entries = sorted({*entries, extra})
        return self._page(entries, width, prefix, limit)

    def export(self, cursor: str | None = None, limit: int = 500) -> Page[Client | str]:
        """List everything, tombstones as bare client_ids."""
        check_limit(limit)
        after = None if cursor is None else _after(cursor)
        entries = self._entries(clients_index(ID), b"", after, limit + 1)
        found = list(self._read(entries[:limit]))
        items = tuple(client or client_id for client_id, client in found)
        return Page(items, _cursor(entries, limit))

    def import_(self, records: Iterable[Client | str]) -> int:
        """Insert what is not there."""
        left = iter(records)
        new = 0
        while batch := list(islice(left, BATCH)):
            new += sum(self._server.many(map(_insertion, batch), writes=True))
        return new

    def _swap(self, old: Client, new: Client | None) -> bool:
        return bool(self._server.run(PUT_CLIENT, *_putting(old, new), replicated=True))

    def _entries(self, index: str, within: bytes, after: bytes | None, count: int) -> list[bytes]:
        low = b"[" + within if after is None else b"(" + max(after, within)
        high = b"(" + within + b"\xff" if within else b"+"  # 0xff is no byte of UTF-8.
        if not within and after is None:
            low = b"-"
        (found,) = self._server.many([("ZRANGEBYLEX", index, low, high, "LIMIT", 0, count)])
        return list(found)

    def _of_id(self, client_id: str, owner: str | None, after: bytes | None) -> bytes | None:
        try:
            client = self.get(client_id)
        except ValueError:
            return None
        if client is None or owner not in (None, client.owner):
            return None
        entry = _entry(client, NAME)
        return entry if after is None or entry > after else None

    def _page(
        self, entries: list[bytes], width: int, prefix: str | None, limit: int
    ) -> Page[Client]:
        shown: list[Client] = []
        looked_at = 0
        for _, client in self._read(entries[:width]):
            looked_at += 1
            if client is not None and _matches(client, prefix):
                shown.append(client)
            if len(shown) == limit:
                break
        return Page(tuple(shown), _cursor(entries, looked_at))

    def _read(self, entries: list[bytes]) -> Iterator[tuple[str, Client | None]]:
        ids = [entry.rpartition(NUL)[2].decode() for entry in entries]
        values = self._server.read(*map(client_key, ids)) if ids else []
        return zip(ids, map(_client_of, ids, values), strict=True)


def _cursor(entries: list[bytes], looked_at: int) -> str | None:
    if len(entries) <= looked_at:
        return None
    return b64encode(entries[looked_at - 1]).decode("ascii")


def _after(cursor: str) -> bytes:
    try:
        entry = b64decode(cursor, validate=True)
    except ValueError:
        raise NotACursor from None
    # The decoder ignores the last bits of the text, so several texts have one meaning.
    if NUL not in entry or b64encode(entry).decode("ascii") != cursor:
        raise NotACursor
    return entry


def _matches(client: Client, prefix: str | None) -> bool:
    return (
        prefix is None
        or client.client_id == prefix
        or _name_key(client.client_name).startswith(_name_key(prefix))
    )


def _name_key(name: str) -> bytes:
    return name.casefold().encode("utf-8", "surrogatepass")


def _entry(client: Client, order: str) -> bytes:
    if order == CREATED:
        place = b"%020d" % client.created_at
    else:
        place = _name_key(client.client_name) if order == NAME else b""
    return place + NUL + client.client_id.encode()


def _places(client: Client) -> set[tuple[str, bytes]]:
    owners = {None, client.owner}
    return {
        (clients_index(order, owner), _entry(client, order))
        for order in (NAME, CREATED)
        for owner in owners
    }


def _putting(old: Client | None, new: Client | None) -> tuple[Any, ...]:
    """Return keys and arguments that replace *old* by *new*; None for no client."""
    client = new or old
    assert client is not None
    before = _places(old) if old else set()
    after = _places(new) if new else set()
    changes = [
        *(("ZREM", place) for place in before - after),
        *(("ZADD", place) for place in after - before),
    ]
    if old is None:
        changes.append(("ZADD", (clients_index(ID), _entry(client, ID))))
    return _arguments(client.client_id, old, _value(new), changes)


def _arguments(
    client_id: str,
    old: Client | None,
    value: bytes,
    changes: Iterable[tuple[str, tuple[str, bytes]]],
) -> tuple[Any, ...]:
    chosen = tuple(changes)
    keys = [client_key(client_id), *(index for _, (index, _) in chosen)]
    verbs = (word for verb, (_, entry) in chosen for word in (verb, entry))
    return keys, NONE if old is None else old.version, value, *verbs


def _insertion(record: Client | str) -> Command:
    if isinstance(record, Client):
        return call(PUT_CLIENT, *_putting(None, record))
    entry = (clients_index(ID), NUL + record.encode())
    return call(PUT_CLIENT, *_arguments(record, None, TOMBSTONE, [("ZADD", entry)]))


def _value(client: Client | None) -> bytes:
    if client is None:
        return TOMBSTONE
    return b"%d\n" % client.version + json.dumps(client_document(client)).encode()


def _client_of(client_id: str, value: bytes | None) -> Client | None:
    if value is None or value == TOMBSTONE:
        return None
    version, _, document = value.partition(b"\n")
    # The version that a script compares, also if the document cannot be read. Without one the
    # client cannot be read, and counts as version 0 there.
    columns = {"version": int(version) if version.isdigit() else None}
    return stored_client(client_id, document, columns)

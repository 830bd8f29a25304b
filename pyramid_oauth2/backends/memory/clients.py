"""Clients in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from threading import Lock
from typing import Any

from zope.interface import implementer

from pyramid_oauth2.interfaces import IClientStore
from pyramid_oauth2.per_process import PerProcess
from pyramid_oauth2.protocol.records import Client, DuplicateRecord, Page

from .pages import page_of

_EDITABLE = {field.name for field in fields(Client)} - {
    "client_id",
    "version",
    "epoch",
    "created_at",
}


@implementer(IClientStore)
class MemoryClientStore:
    """A dictionary of clients by client_id, with None for the tombstone of a deleted one."""

    def __init__(self) -> None:
        self._lock = PerProcess(Lock)
        self._clients: dict[str, Client | None] = {}

    def get(self, client_id: str) -> Client | None:
        """Return the client."""
        with self._lock():
            return self._clients.get(client_id)

    def was_deleted(self, client_id: str) -> bool:
        """Whether there is a tombstone."""
        with self._lock():
            return client_id in self._clients and self._clients[client_id] is None

    def add(self, client: Client) -> None:
        """Insert a client."""
        with self._lock():
            if client.client_id in self._clients:
                raise DuplicateRecord("the client_id is or was in use")
            self._clients[client.client_id] = client

    def edit(self, client_id: str, version: int, changes: Mapping[str, Any]) -> bool:
        """Change a client by compare and swap."""
        if refused := changes.keys() - _EDITABLE:
            raise ValueError(f"a client cannot be changed in {', '.join(sorted(refused))}")
        with self._lock():
            client = self._clients.get(client_id)
            if client is None or client.version != version:
                return False
            self._clients[client_id] = replace(client, version=version + 1, **changes)
            return True

    def raise_epoch(self, client_id: str, now: int, disabled_at: int | None = None) -> int | None:
        """Revoke everything the client was ever given."""
        with self._lock():
            client = self._clients.get(client_id)
            if client is None:
                return None
            self._clients[client_id] = replace(
                client,
                epoch=client.epoch + 1,
                version=client.version + 1,
                updated_at=now,
                disabled_at=client.disabled_at if disabled_at is None else disabled_at,
            )
            return client.epoch + 1

    def delete(self, client_id: str, now: int) -> bool:
        """Replace the client by a tombstone."""
        with self._lock():
            if self._clients.get(client_id) is None:
                return False
            self._clients[client_id] = None
            return True

    def forget(self, client_id: str) -> bool:
        """Remove a tombstone."""
        with self._lock():
            if client_id not in self._clients or self._clients[client_id] is not None:
                return False
            del self._clients[client_id]
            return True

    def search(
        self,
        owner: str | None = None,
        prefix: str | None = None,
        sort: str = "client_name",
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[Client]:
        """List clients in order."""
        if sort not in ("client_name", "created_at"):
            raise ValueError("sort is client_name or created_at")

        def matches(client: Client) -> bool:
            return owner in (None, client.owner) and (
                prefix is None
                or client.client_id == prefix
                or client.client_name.casefold().startswith(prefix.casefold())
            )

        def place(client: Client) -> tuple[str | int, str]:
            key = client.created_at if sort == "created_at" else client.client_name.casefold()
            return (key, client.client_id)

        with self._lock():
            chosen = (client for client in self._clients.values() if client and matches(client))
            return page_of(((place(client), client) for client in chosen), cursor, limit)

    def export(self, cursor: str | None = None, limit: int = 500) -> Page[Client | str]:
        """List everything, tombstones as bare client_ids."""
        with self._lock():
            entries = (((key,), client or key) for key, client in self._clients.items())
            return page_of(entries, cursor, limit)

    def import_(self, records: Iterable[Client | str]) -> int:
        """Insert what is not there."""
        with self._lock():
            before = len(self._clients)
            for record in records:
                if isinstance(record, str):
                    self._clients.setdefault(record, None)
                else:
                    self._clients.setdefault(record.client_id, record)
            return len(self._clients) - before

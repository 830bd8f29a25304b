"""Writes to the store of clients, each repeated if its response is lost.

So that a change that was carried out is reported as such: a secret that was rotated, for
instance, is only known from the result.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from ...interfaces.storage import IClientStore
from ..lost_responses import until_known
from ..records import Client, DuplicateRecord
from ..server import Server
from .approved_documents import list_if_approved


class Writes:
    """The writing operations of a store.

    :param server: what else it has to write for a client.
    :param store: the server's store, or the one of a request's own transaction.

    Every method raises :exc:`~pyramid_oauth2.protocol.records.OutcomeUnknown` if no response
    arrived to the repetitions either.
    """

    def __init__(self, server: Server, store: IClientStore) -> None:
        self._server, self._store = server, store

    def add(self, client: Client) -> None:
        """Insert a client.

        :raises DuplicateRecord: the client_id is or was in use.
        """

        def again() -> None:
            try:
                self._store.add(client)
            except DuplicateRecord:
                if not self._is_stored(client):
                    raise

        list_if_approved(self._server, client)
        until_known(partial(self._store.add, client), again)

    def restore(self, client: Client) -> bool:
        """Insert a client that was stored elsewhere; return False if its client_id is in use."""
        list_if_approved(self._server, client)
        restore = partial(self._store.import_, [client])
        return bool(until_known(restore, lambda: restore() or self._is_stored(client)))

    def edit(self, client: Client, changes: Mapping[str, Any]) -> Client | None:
        """Change fields of a client; return it as it is now, None if its version is another."""
        changed = replace(client, **changes, version=client.version + 1)
        list_if_approved(self._server, changed)
        edit = partial(self._store.edit, client.client_id, client.version, changes)
        return changed if until_known(edit, lambda: edit() or self._is_stored(changed)) else None

    def raise_epoch(self, client_id: str, now: int, disabled_at: int | None = None) -> bool:
        """Revoke what a client was given; return whether it exists.

        The epoch may be raised twice, which revokes the same.
        """
        raised = partial(self._store.raise_epoch, client_id, now, disabled_at)
        return until_known(raised) is not None

    def delete(self, client_id: str, now: int) -> bool:
        """Remove a client; return whether it existed."""
        delete = partial(self._store.delete, client_id, now)
        return until_known(delete, lambda: delete() or True)

    def _is_stored(self, client: Client) -> bool:
        return self._store.get(client.client_id) == client

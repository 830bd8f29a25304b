"""Reading a stored client: the one way of every store, so that each survives a bad record."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from ..records import Client
from .document import client_from_document, read_field
from .unreadable import UnreadableClient

log = logging.getLogger(__name__)

# What identifies, sorts and compares a record. A store needs it to delete the record.
KEPT = ("client_name", "owner", "created_at", "updated_at", "version", "epoch")


def stored_client(client_id: str, document: str | bytes, columns: Mapping[str, Any]) -> Client:
    """Return a client from its record.

    :param document: JSON, as :func:`~.document.client_document` has it.
    :param columns: what the store has beside the document. It takes precedence.
    :return: an :class:`~.unreadable.UnreadableClient` if the record cannot be read.
    """
    members: Mapping[str, Any] = columns
    try:
        loaded = json.loads(document)
        if not isinstance(loaded, dict):
            raise ValueError("it is no JSON object")
        members = {**loaded, **columns, "client_id": client_id}
        return client_from_document(members)
    except (ValueError, RecursionError) as error:
        log.error("The stored record of the client %r cannot be read: %s", client_id, error)
    return _stand_in(client_id, members)


def _stand_in(client_id: str, members: Mapping[str, Any]) -> UnreadableClient:
    kept: dict[str, Any] = {}
    for name in KEPT:
        with suppress(KeyError, TypeError):
            kept[name] = read_field(name, members[name])
    nothing: dict[str, Any] = {"grant_types": (), "response_types": (), "disabled_at": 0}
    try:
        return UnreadableClient(client_id, **kept, **nothing)
    except ValueError:
        # The owner may be what cannot be read.
        return UnreadableClient(client_id, **{**kept, "owner": None}, **nothing)

"""The clients that are known by a document, and that an operator has pinned or approved: a list.

A store of clients cannot be searched for them, and there may be many clients. So the client_id of
each is an entry too. It is written before the client's record: what the record says counts, so an
entry too many does no harm, and none is missing.
"""

from __future__ import annotations

from hashlib import sha256

from ..listings import every
from ..lost_responses import until_put
from ..records import Client, Entry
from ..server import Server
from .source import DOCUMENT, is_unchecked, source_of

NAMESPACE = "approved_document"


def list_if_approved(server: Server, client: Client) -> None:
    """Put a client on the list, if it is going to be an approved one that has a document.

    :param client: as it is going to be written.
    :raises StoreUnavailable: it cannot be.
    """
    if _is_approved(client):
        client_id = client.client_id.encode()
        entry = Entry(NAMESPACE, sha256(client_id).hexdigest(), data=client_id)
        until_put(server.entries, entry, None)


def has_approved_documents(server: Server) -> bool:
    """Whether there is such a client, and it is not disabled.

    :raises StoreUnavailable: it is not known now.
    """
    listing = server.entries.list
    for entry in every(lambda at: listing(NAMESPACE, cursor=at)):
        # As the store has it: another process may have changed it.
        *_, client = server.clients.readings(entry.data.decode())
        if client is not None and client.disabled_at is None and _is_approved(client):
            return True
    return False


def _is_approved(client: Client) -> bool:
    return source_of(client) == DOCUMENT and not is_unchecked(client)

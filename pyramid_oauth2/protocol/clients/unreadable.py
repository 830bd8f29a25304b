"""A client whose stored record cannot be read: listed, refused and deletable, and nothing else."""

from __future__ import annotations

from ..records import Client, StoreUnavailable

UNREADABLE = (
    "the stored record of the client cannot be read, so the client is refused; the log says why: "
    "delete the client, and register another"
)


class UnreadableClient(Client):
    """Stands in for the client: with what can be read of its record, and disabled.

    So one record that was damaged, or written by another program, does not end a listing, and
    a request that names the client is refused as for any disabled client.
    """

    # It adds no field, so it is no dataclass of its own, which would take 1.4 ms of a start.
    __slots__ = ()


class UnwritableClient(StoreUnavailable):
    """The store writes a client as a whole, and this one cannot be read."""


def refuse_to_write(client: Client) -> None:
    """Keep the record as it is: what stands in for it has lost what could not be read.

    :raises UnwritableClient: *client* is an :class:`UnreadableClient`.
    """
    if isinstance(client, UnreadableClient):
        raise UnwritableClient(f"{client.client_id!r}: {UNREADABLE}")

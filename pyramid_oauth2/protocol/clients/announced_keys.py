"""By which algorithms the server signs for a client: their keys are published before that.

OpenID Connect Core section 10.1.1: a client that meets an unknown ``kid`` fetches the key set
again, and a cache in between may answer with that of some minutes before. The first key of an
algorithm signs without having been announced, so it is made when a client needs it.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..records import Client
from ..server import Server
from .extra import value_of
from .field import ClientField


def announce_keys(server: Server, before: Client | None, client: Client) -> None:
    """Publish the keys by which something is going to be signed for a client.

    :param before: the client before its change; None if it is registered.
    :param client: as it is in the store now.
    """
    fields = server.client_fields.values()
    known = frozenset() if before is None else algorithms_for(before, fields)
    for algorithm in sorted(algorithms_for(client, fields) - known):
        server.announce_key(algorithm)


def algorithms_for(client: Client, fields: Iterable[ClientField]) -> frozenset[str]:
    """The algorithms that a client has of its own.

    Those of a field that it does not have are the server's: its settings announce them.
    """
    found = (
        field.signed_by(value_of(field, client))
        for field in fields
        if field.signed_by and field.name in client.extra
    )
    return frozenset(algorithm for algorithm in found if algorithm)

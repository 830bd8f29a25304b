"""A field of a client that names the algorithm by which something is signed for it."""

from __future__ import annotations

from collections.abc import Iterator

from ..records import Client
from .field import ChangeRule, Known


def announced(name: str) -> ChangeRule:
    """The change rule of such a field: the key is published when the client is registered.

    OpenID Connect Core section 10.1.1: a client that meets an unknown ``kid`` fetches the key set
    again, and a cache in between may answer with that of some minutes before. The first key of
    an algorithm signs without having been published, so it has to be there before it is used.

    :param name: of the field.
    """

    def announce(server: Known, client: Client | None, changed: Client) -> Iterator[str]:
        algorithm = changed.extra.get(name)
        if algorithm and (client is None or client.extra.get(name) != algorithm):
            server.announce_key(algorithm)
        yield from ()

    return announce

"""Hosts whose clients an operator does not want here: none registers itself or is found there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from urllib.parse import urlsplit

from ...interfaces.server import IServer
from ..listings import every
from ..lost_responses import until_known, until_put
from ..records import Client, Entry
from .registry import ClientRegistry, UnknownClient
from .source import BY_ITSELF, source_of

NAMESPACE = "blocked_host"
HTTPS = "https"


class BlockedHosts:
    """The blocked hosts of a server. One that is blocked is so with all names below it."""

    def __init__(self, server: IServer) -> None:
        self._server = server

    def add(self, host: str) -> bool:
        """Block a host; return False if it is blocked already."""
        return until_put(self._server.entries, Entry(NAMESPACE, host), None)

    def remove(self, host: str) -> bool:
        """Block it no longer; return whether it was blocked by itself."""
        return until_known(partial(self._server.entries.delete, NAMESPACE, host))

    def list(self) -> Iterator[str]:
        """Those that were blocked."""
        listing = self._server.entries.list
        return (each.key for each in every(lambda at: listing(NAMESPACE, cursor=at)))

    def blocks(self, host: str) -> bool:
        """Whether a host, or one that it is below, is blocked."""
        entries = self._server.entries
        return any(entries.get(NAMESPACE, each) is not None for each in _and_above(host))

    def of(self, client: Client) -> str | None:
        """A blocked host of a client; None if it has none."""
        return next(filter(self.blocks, hosts_of(client)), None)


def block(server: IServer, registry: ClientRegistry, host: str) -> tuple[bool, int]:
    """Block a host, and disable the clients that came by themselves from there.

    :return: whether it was not blocked before, and how many clients were disabled.
    """
    added, disabled = BlockedHosts(server).add(host), 0
    for client in every(lambda at: registry.search(cursor=at, limit=500)):
        if source_of(client) not in BY_ITSELF or client.disabled_at is not None:
            continue
        if any(f".{each}".endswith(f".{host}") for each in hosts_of(client)):
            # One may have been removed meanwhile.
            with suppress(UnknownClient):
                registry.disable(client.client_id)
                disabled += 1
    return added, disabled


def hosts_of(client: Client) -> tuple[str, ...]:
    """The hosts of a client's https redirect URIs, and of its document."""
    hosts = map(_host_of, (client.client_id, *client.redirect_uris))
    return tuple(dict.fromkeys(host.rstrip(".") for host in hosts if host))


def _host_of(url: str) -> str | None:
    try:
        parts = urlsplit(url)
    except ValueError:
        # The rule of redirect URIs says what is wrong with it.
        return None
    return parts.hostname if parts.scheme == HTTPS else None


def _and_above(host: str) -> Iterator[str]:
    labels = host.lower().rstrip(".").split(".")
    # Not a domain such as "com" alone.
    return (".".join(labels[at:]) for at in range(max(1, len(labels) - 1)))

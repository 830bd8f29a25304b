"""``poauth2 INI purge``: remove everything that has expired."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ..extensions.client_registration.settings import RegistrationSettings
from ..protocol.purging import Store
from ..protocol.records import Purged
from ..service import OAuth2Service, store_of
from .command import command
from .ini import Ini
from .progress import counting

BATCH = 1000


@command(
    "It does so in small transactions. It may be stopped at any time, and goes on where it was. "
    "Issuing tokens sweeps as well, so this is for after a large one-time load, or for a server "
    "that issues nothing any more."
)
def purge(ini: Ini) -> int:
    """Purge the grant store, then the consent store, then the entry store if there is one."""
    with ini.service() as service:
        server = service.server
        stores: list[Store] = [server.grants, server.consents]
        if entries := store_of(service.backends, service.settings, "entries"):
            stores.append(entries)
        with counting("expired records removed") as progress:
            removed = purge_all(stores, server.clock(), progress)
        unused = _remove_unused_clients(service)
    if unused:
        print(f"{unused} unused client{'' if unused == 1 else 's'} removed")
    print(f"{removed} expired record{'' if removed == 1 else 's'} removed")
    return 0


def _remove_unused_clients(service: OAuth2Service) -> int:
    """Remove clients that registered themselves and are not used; return how many."""
    if service.settings.of(RegistrationSettings).who is None:
        return 0
    from ..extensions.client_registration.sweeping import Sweeper

    return Sweeper(service.server).sweep(service.emit)


def purge_all(stores: Iterable[Store], now: int, progress: Callable[[int], None]) -> int:
    """Purge *stores* of what has expired at *now*; return how many records were removed.

    :param progress: called after every batch with the number so far.
    """
    removed = 0
    for store in stores:
        more = True
        while more:
            purged: Purged = store.purge(now, BATCH)
            removed += purged.removed
            more = purged.more
            progress(removed)
    return removed

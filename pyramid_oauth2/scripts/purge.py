"""``poauth2 INI purge``: remove everything that has expired."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from ..interfaces import IConsentStore, IGrantStore
from ..protocol.records import Purged
from .ini import Ini
from .progress import counting

BATCH = 1000


def add_parser(commands: Any, name: str) -> None:
    """Add the command."""
    parser = commands.add_parser(
        name,
        help="remove everything that has expired",
        description="Remove everything that has expired, in small transactions. It may be stopped "
        "at any time, and goes on where it was. Issuing tokens sweeps as well, so this is for "
        "after a large one-time load, or for a server that issues nothing any more.",
    )
    parser.set_defaults(run=purge)


def purge(ini: Ini, arguments: argparse.Namespace) -> int:
    """Purge the grant store, then the consent store."""
    with ini.service() as service:
        server = service.server
        with counting("expired records removed") as progress:
            removed = purge_all(server.grants, server.consents, server.clock(), progress)
    print(f"{removed} expired record{'' if removed == 1 else 's'} removed")
    return 0


def purge_all(
    grants: IGrantStore, consents: IConsentStore, now: int, progress: Callable[[int], None]
) -> int:
    """Purge both stores of what has expired at *now*; return how many records were removed.

    :param progress: called after every batch with the number so far.
    """
    removed = 0
    for step in (grants.purge, consents.purge):
        more = True
        while more:
            purged: Purged = step(now, BATCH)
            removed += purged.removed
            more = purged.more
            progress(removed)
    return removed

"""``poauth2 INI fetched``: which documents the server has fetched that others have named."""

from __future__ import annotations

import json
from dataclasses import asdict

from ..protocol.fetched_documents import KEPT, PLACES, Fetched
from ..protocol.fetched_documents import fetched as listed
from .arguments import json_option
from .command import command
from .ini import Ini
from .table import table
from .terminal import shown
from .times import utc

HEADINGS = ("WHEN", "NAMED BY", "RESULT", "URL")
DAYS = KEPT // 86_400


@command(
    "Of each document the last time, for "
    f"{DAYS} days, and about {PLACES} documents at most. Each request is an event in the log."
)
@json_option("as JSON; times are in UTC seconds")
def fetched(ini: Ini, as_json: bool) -> int:
    """List them, the latest first."""
    with ini.service() as service:
        found = listed(service.entries, service.server.clock())
    if as_json:
        print(json.dumps([asdict(each) for each in found], indent=2))
        return 0
    if not found:
        print("No document was fetched.")
        return 0
    print(*table([HEADINGS, *map(_cells, found)]), sep="\n")
    return 0


def _cells(each: Fetched) -> tuple[str, ...]:
    result = "usable" if each.error is None else shown(each.error)
    return utc(each.at), shown(each.purpose), result, shown(each.url)

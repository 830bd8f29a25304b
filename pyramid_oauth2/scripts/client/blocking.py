"""``client block-host``, ``unblock-host`` and ``blocked-hosts``."""

from __future__ import annotations

import json
import re
import sys

import click

from ...protocol.clients.blocked_hosts import BlockedHosts, block
from ..arguments import json_option
from ..command import command
from ..ini import Ini
from ..terminal import shown

HOST = re.compile(r"(?=.{1,255}$)[a-z0-9-]+(\.[a-z0-9-]+)+")


def _host(word: str) -> str:
    text = word.strip().lower()
    if not HOST.fullmatch(text):
        raise click.BadParameter("write a host such as evil.example")
    return text


_argument = click.argument("host", metavar="HOST", type=_host)


@command("Names below HOST are blocked too. Its clients of operators and users stay as they are.")
@_argument
def block_host(ini: Ini, host: str) -> int:
    """Refuse clients of a host that come by themselves, and disable those that have come."""
    with ini.service() as service:
        added, disabled = block(service.server, service.clients, host)
    print(f"{shown(host)} is blocked{'' if added else ' already'}; {disabled} clients disabled.")
    return 0


@command("Its clients that were disabled stay so: see 'client enable'.")
@_argument
def unblock_host(ini: Ini, host: str) -> int:
    """Accept clients of a host again."""
    with ini.service() as service:
        removed = BlockedHosts(service.server).remove(host)
    if not removed:
        print(f"poauth2: {shown(host)} is not blocked", file=sys.stderr)
        return 1
    print(f"{shown(host)} is not blocked any more.")
    return 0


@command()
@json_option("as a JSON list")
def blocked_hosts(ini: Ini, as_json: bool) -> int:
    """List the hosts that are blocked."""
    with ini.service() as service:
        found = sorted(BlockedHosts(service.server).list())
    if as_json:
        print(json.dumps(found, indent=2))
    else:
        print(*map(shown, found), f"{len(found)} hosts blocked", sep="\n")
    return 0

"""``client disable``, ``enable`` and ``delete``."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

import click

from ...protocol.clients.registry import ClientChangedMeanwhile, ClientRegistry, UnknownClient
from ...protocol.clients.rules import InvalidClientMetadata
from ..arguments import client_id_argument, json_option
from ..command import command
from ..ini import Ini
from ..terminal import shown
from .secret import FOLLOW, refused

DISABLED = "disabled: it can ask for nothing, and all that it was given has ended"
ENABLED = "enabled: it can ask again; what had ended stays so"
DELETED = "deleted: all that it was given has ended, and its client_id is never used again"


_json = json_option("say it as JSON")


@command()
@client_id_argument
@_json
def disable(ini: Ini, client_id: str, as_json: bool) -> int:
    """Disable the client."""
    return _done(ini, client_id, as_json, ClientRegistry.disable, DISABLED)


@command()
@client_id_argument
@_json
def enable(ini: Ini, client_id: str, as_json: bool) -> int:
    """Enable the client."""
    return _done(ini, client_id, as_json, ClientRegistry.enable, ENABLED)


@command()
@client_id_argument
@_json
@click.option("--yes", is_flag=True, help="do not ask")
def delete(ini: Ini, client_id: str, as_json: bool, yes: bool) -> int:
    """Delete the client, once the user confirmed it."""
    if not yes and not _confirmed(client_id):
        print("poauth2: nothing was deleted", file=sys.stderr)
        return 1
    return _done(ini, client_id, as_json, ClientRegistry.delete, DELETED)


def _confirmed(client_id: str) -> bool:
    if not sys.stdin.isatty():
        print("poauth2: to delete without being asked, add --yes", file=sys.stderr)
        return False
    print(f"This cannot be undone. Type {shown(client_id)} to delete it: ", end="", file=sys.stderr)
    return sys.stdin.readline().strip() == client_id


def _done(
    ini: Ini,
    client_id: str,
    as_json: bool,
    step: Callable[[ClientRegistry, str], object],
    what: str,
) -> int:
    with ini.service() as service:
        try:
            step(service.clients, client_id)
        except InvalidClientMetadata as invalid:
            print(f"poauth2: {'; '.join(invalid.problems.values())}", file=sys.stderr)
            return 1
        except (UnknownClient, ClientChangedMeanwhile) as error:
            return refused(error)
    if as_json:
        print(json.dumps({"client_id": client_id, "done": what.partition(":")[0]}))
    else:
        print(f"{shown(client_id)} is {what}.")
        print(FOLLOW)
    return 0

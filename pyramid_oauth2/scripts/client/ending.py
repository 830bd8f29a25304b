"""``client disable``, ``enable`` and ``delete``."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from typing import Any

from ...protocol.clients.registry import ClientChangedMeanwhile, ClientRegistry, UnknownClient
from ...protocol.clients.rules import InvalidClientMetadata
from ..ini import Ini
from ..terminal import shown
from .secret import FOLLOW, refused

DISABLED = "disabled: it can ask for nothing, and all that it was given has ended"
ENABLED = "enabled: it can ask again; what had ended stays so"
DELETED = "deleted: all that it was given has ended, and its client_id is never used again"


def add_parsers(subcommands: Any) -> None:
    """Add the subcommands."""
    for name, text, run in (
        ("disable", "stop a client, and take away all that it was given", _disable),
        ("enable", "let a disabled client ask again", _enable),
        ("delete", "remove a client for good", _delete),
    ):
        parser = subcommands.add_parser(name, help=text)
        parser.add_argument("client_id", metavar="CLIENT_ID")
        parser.add_argument("--json", action="store_true", help="say it as JSON")
        if run is _delete:
            parser.add_argument("--yes", action="store_true", help="do not ask")
        parser.set_defaults(run=run)


def _disable(ini: Ini, arguments: argparse.Namespace) -> int:
    return _done(ini, arguments, ClientRegistry.disable, DISABLED)


def _enable(ini: Ini, arguments: argparse.Namespace) -> int:
    return _done(ini, arguments, ClientRegistry.enable, ENABLED)


def _delete(ini: Ini, arguments: argparse.Namespace) -> int:
    if not arguments.yes and not _confirmed(arguments.client_id):
        print("poauth2: nothing was deleted", file=sys.stderr)
        return 1
    return _done(ini, arguments, ClientRegistry.delete, DELETED)


def _confirmed(client_id: str) -> bool:
    if not sys.stdin.isatty():
        print("poauth2: to delete without being asked, add --yes", file=sys.stderr)
        return False
    print(f"This cannot be undone. Type {shown(client_id)} to delete it: ", end="", file=sys.stderr)
    return sys.stdin.readline().strip() == client_id


def _done(
    ini: Ini,
    arguments: argparse.Namespace,
    step: Callable[[ClientRegistry, str], object],
    what: str,
) -> int:
    with ini.service() as service:
        try:
            step(service.clients, arguments.client_id)
        except InvalidClientMetadata as invalid:
            print(f"poauth2: {'; '.join(invalid.problems.values())}", file=sys.stderr)
            return 1
        except (UnknownClient, ClientChangedMeanwhile) as error:
            return refused(error)
    if arguments.json:
        print(json.dumps({"client_id": arguments.client_id, "done": what.partition(":")[0]}))
    else:
        print(f"{shown(arguments.client_id)} is {what}.")
        print(FOLLOW)
    return 0

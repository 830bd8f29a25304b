"""``client edit``: change the metadata of a client."""

from __future__ import annotations

import argparse
from dataclasses import MISSING, fields
from typing import Any

from ...protocol.clients.registry import ClientChangedMeanwhile, UnknownClient
from ...protocol.clients.rules import InvalidClientMetadata
from ...protocol.records import Client
from ..ini import Ini
from .listing import print_client
from .metadata import FLAGS, add_flags, metadata_of, print_problems
from .secret import refused

EXAMPLES = """\
A flag that may be repeated replaces all of its values.

examples:
  poauth2 development.ini client edit CLIENT_ID --scope "read write"
  poauth2 development.ini client edit CLIENT_ID --clear logo_uri --clear owner
"""


def add_parsers(subcommands: Any) -> None:
    """Add the subcommand."""
    edit = subcommands.add_parser(
        "edit",
        help="change a client",
        epilog=EXAMPLES,
    )
    edit.add_argument("client_id", metavar="CLIENT_ID")
    add_flags(edit)
    edit.add_argument(
        "--clear",
        action="append",
        default=[],
        choices=sorted(FLAGS),
        metavar="FIELD",
        help="give a field its default again, by its name in client show; repeatable",
    )
    edit.add_argument("--json", action="store_true", help="print the client as JSON")
    edit.set_defaults(run=edit_client, parser=edit)


def edit_client(ini: Ini, arguments: argparse.Namespace) -> int:
    """Change the client, and print the result."""
    changes = {name: _default(name) for name in arguments.clear} | metadata_of(arguments)
    if not changes:
        arguments.parser.error("say what to change, as in --name NAME")
    with ini.service() as service:
        try:
            client = service.clients.edit(arguments.client_id, **changes)
        except InvalidClientMetadata as invalid:
            print_problems(invalid.problems, "the client was not changed")
            return 1
        except (UnknownClient, ClientChangedMeanwhile) as error:
            return refused(error)
    print_client(client, arguments.json)
    return 0


def _default(name: str) -> Any:
    (field,) = (field for field in fields(Client) if field.name == name)
    return field.default if field.default_factory is MISSING else field.default_factory()

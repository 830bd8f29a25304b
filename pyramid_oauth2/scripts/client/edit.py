"""``client edit``: change the metadata of a client."""

from __future__ import annotations

import argparse
from collections.abc import Collection
from typing import Any

from ...protocol.clients.field import ClientField, with_an_option
from ...protocol.clients.registry import ClientChangedMeanwhile, UnknownClient
from ...protocol.clients.rules import InvalidClientMetadata
from ..ini import Ini
from .listing import print_client
from .metadata import add_flags, metadata_of, print_problems
from .secret import refused

EXAMPLES = """\
A flag that may be repeated replaces all of its values.

examples:
  poauth2 development.ini client edit CLIENT_ID --scope "read write"
  poauth2 development.ini client edit CLIENT_ID --clear logo_uri --clear owner
"""


def add_parsers(subcommands: Any, fields: Collection[ClientField]) -> None:
    """Add the subcommand, with an option for each of the *fields* that has one."""
    edit = subcommands.add_parser(
        "edit",
        help="change a client",
        epilog=EXAMPLES,
    )
    edit.add_argument("client_id", metavar="CLIENT_ID")
    add_flags(edit, fields)
    edit.add_argument(
        "--clear",
        action="append",
        default=[],
        choices=sorted(field.name for field, _ in with_an_option(fields)),
        metavar="FIELD",
        help="give a field its default again, by its name in client show; repeatable",
    )
    edit.add_argument("--json", action="store_true", help="print the client as JSON")
    edit.set_defaults(run=edit_client, parser=edit, fields=fields)


def edit_client(ini: Ini, arguments: argparse.Namespace) -> int:
    """Change the client, and print the result."""
    fields = arguments.fields
    defaults = {field.name: field.default for field in fields}
    cleared = {name: defaults[name] for name in arguments.clear}
    changes = cleared | metadata_of(arguments, fields)
    if not changes:
        arguments.parser.error("say what to change, as in --name NAME")
    with ini.service() as service:
        try:
            client = service.clients.edit(arguments.client_id, **changes)
        except InvalidClientMetadata as invalid:
            print_problems(invalid.problems, "the client was not changed", fields)
            return 1
        except (UnknownClient, ClientChangedMeanwhile) as error:
            return refused(error)
    print_client(client, arguments.json, fields)
    return 0

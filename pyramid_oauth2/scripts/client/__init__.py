"""``poauth2 INI client``: register, change, export and import clients."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from ...protocol.clients.field import ClientField
from ...protocol.clients.metadata import FIELDS
from . import add, edit, ending, listing, secret, transfer

EXAMPLES = """\
examples:
  poauth2 development.ini client add --help
  poauth2 development.ini client show CLIENT_ID
  poauth2 development.ini client edit CLIENT_ID --name "New name"
  poauth2 development.ini client rotate-secret CLIENT_ID --overlap 1d
  poauth2 development.ini client disable CLIENT_ID
"""


def add_parser(commands: Any, name: str, fields: Collection[ClientField] = FIELDS) -> None:
    """Add the command and its subcommands.

    :param fields: the fields of a client's metadata, also those of the application.
    """
    parser = commands.add_parser(
        name,
        help="register clients, list and change them",
        epilog=EXAMPLES,
    )
    subcommands = parser.add_subparsers(title="subcommands", required=True, metavar="SUBCOMMAND")
    add.add_parsers(subcommands, fields)
    listing.add_parsers(subcommands)
    edit.add_parsers(subcommands, fields)
    for module in (secret, ending, transfer):
        module.add_parsers(subcommands)

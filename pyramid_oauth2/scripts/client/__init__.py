"""``poauth2 INI client``: register, change, export and import clients."""

from __future__ import annotations

from typing import Any

from . import add, edit, ending, listing, secret, transfer

EXAMPLES = """\
examples:
  poauth2 development.ini client add --help
  poauth2 development.ini client show CLIENT_ID
  poauth2 development.ini client edit CLIENT_ID --name "New name"
  poauth2 development.ini client rotate-secret CLIENT_ID --overlap 1d
  poauth2 development.ini client disable CLIENT_ID
"""


def add_parser(commands: Any, name: str) -> None:
    """Add the command and its subcommands."""
    parser = commands.add_parser(
        name,
        help="register clients, list and change them",
        epilog=EXAMPLES,
    )
    subcommands = parser.add_subparsers(title="subcommands", required=True, metavar="SUBCOMMAND")
    for module in (add, listing, edit, secret, ending, transfer):
        module.add_parsers(subcommands)

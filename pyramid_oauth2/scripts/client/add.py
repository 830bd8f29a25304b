"""``client add``: register a client, and print its secret once."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Collection
from typing import Any

from ...protocol.clients.field import ClientField
from ...protocol.clients.registry import Registered
from ...protocol.clients.rules import InvalidClientMetadata
from ...protocol.records import DuplicateRecord
from ..ini import Ini
from .metadata import add_flags, metadata_of, print_problems
from .secret import note_encoding, print_secret, read_secret

EXAMPLES = """\
examples:
  # A web application with a server of its own:
  poauth2 development.ini client add --name "My app" \\
      --redirect-uri https://app.example/callback --scope read --scope write

  # A machine that acts for itself:
  poauth2 development.ini client add --name Nightly --grant-type client_credentials --scope read

  # A secret of your own, not in the shell's history:
  poauth2 development.ini client add --name Old --redirect-uri https://old.example/cb --secret-stdin
"""


def add_parsers(subcommands: Any, fields: Collection[ClientField]) -> None:
    """Add the subcommand, with an option for each of the *fields* that has one."""
    add = subcommands.add_parser(
        "add",
        help="register a client and print its secret, once",
        epilog=EXAMPLES,
    )
    add.add_argument("--client-id", help="default: drawn at random")
    add_flags(add, fields)
    add.add_argument(
        "--secret-stdin",
        action="store_true",
        help="read the secret from standard input instead of drawing one",
    )
    add.add_argument(
        "--json", action="store_true", help="print client_id and client_secret as JSON"
    )
    add.set_defaults(run=add_client, fields=fields)


def add_client(ini: Ini, arguments: argparse.Namespace) -> int:
    """Register a client. Its secret is printed here and stored nowhere."""
    secret = read_secret() if arguments.secret_stdin else None
    metadata = metadata_of(arguments, arguments.fields)
    if arguments.client_id:
        metadata["client_id"] = arguments.client_id
    if metadata.get("resource_server"):
        # It introspects tokens, and needs none itself.
        metadata.setdefault("grant_types", ())
    with ini.service() as service:
        try:
            registered = service.clients.add(None, secret, **metadata)
        except DuplicateRecord:
            print("poauth2: this client_id is or was in use; choose another", file=sys.stderr)
            return 1
        except InvalidClientMetadata as invalid:
            print_problems(invalid.problems, "the client was not registered", arguments.fields)
            return 1
        default_scopes = service.server.default_scopes
    _print_registered(registered, default_scopes, arguments)
    return 0


def _print_registered(
    registered: Registered, default_scopes: frozenset[str] | None, arguments: argparse.Namespace
) -> None:
    client = registered.client
    if client.grant_types and not (client.scope or default_scopes):
        print(
            "poauth2: note: the client has no --scope, and oauth2.default_scopes is not set, so "
            "there is nothing that it could be granted",
            file=sys.stderr,
        )
    if registered.secret is not None:
        note_encoding([(client.client_id, registered.secret)])
    if arguments.json:
        members = {"client_id": client.client_id, "client_secret": registered.secret}
        print(json.dumps({name: value for name, value in members.items() if value is not None}))
        return
    print(f"client_id:     {client.client_id}")
    if client.public:
        print("A public client: it has no secret.")
    elif registered.secret is None:
        print(f"It has no secret: it authenticates by {client.token_endpoint_auth_method}.")
    elif not arguments.secret_stdin:
        print_secret(registered.secret)

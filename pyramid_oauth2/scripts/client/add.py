"""``client add``: register a client, and print its secret once."""

from __future__ import annotations

import json
import sys

import click

from ...protocol.clients.registry import Registered
from ...protocol.clients.rules import InvalidClientMetadata
from ...protocol.records import DuplicateRecord
from ..arguments import json_option
from ..client_options import MetadataCommand
from ..command import command
from ..ini import Ini
from .metadata import Metadata, print_problems
from .secret import note_encoding, print_secret, read_secret

EXAMPLES = """\
Examples:
  # A web application with a server of its own:
  poauth2 development.ini client add --name "My app" \\
      --redirect-uri https://app.example/callback --scope read --scope write

  # A machine that acts for itself:
  poauth2 development.ini client add --name Nightly --grant-type client_credentials --scope read

  # A secret of your own, not in the shell's history:
  poauth2 development.ini client add --name Old --redirect-uri https://old.example/cb --secret-stdin
"""


@command(examples=EXAMPLES, cls=MetadataCommand)
@click.option("--client-id", metavar="CLIENT_ID", help="default: drawn at random")
@click.option(
    "--secret-stdin",
    is_flag=True,
    help="read the secret from standard input instead of drawing one",
)
@json_option("print client_id and client_secret as JSON")
def add_client(
    ini: Ini, metadata: Metadata, client_id: str | None, secret_stdin: bool, as_json: bool
) -> int:
    """Register a client. Its secret is printed here and stored nowhere."""
    secret = read_secret() if secret_stdin else None
    values = dict(metadata.values)
    if client_id:
        values["client_id"] = client_id
    if values.get("resource_server"):
        # It introspects tokens, and needs none itself.
        values.setdefault("grant_types", ())
    with ini.service() as service:
        try:
            registered = service.clients.add(None, secret, **values)
        except DuplicateRecord:
            print("poauth2: this client_id is or was in use; choose another", file=sys.stderr)
            return 1
        except InvalidClientMetadata as invalid:
            print_problems(invalid.problems, "the client was not registered", metadata.fields)
            return 1
        default_scopes = service.server.default_scopes
    _print_registered(registered, default_scopes, secret is None, as_json)
    return 0


def _print_registered(
    registered: Registered, default_scopes: frozenset[str] | None, drawn: bool, as_json: bool
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
    if as_json:
        members = {"client_id": client.client_id, "client_secret": registered.secret}
        print(json.dumps({name: value for name, value in members.items() if value is not None}))
        return
    print(f"client_id:     {client.client_id}")
    if client.public:
        print("A public client: it has no secret.")
    elif registered.secret is None:
        print(f"It has no secret: it authenticates by {client.token_endpoint_auth_method}.")
    elif drawn:
        print_secret(registered.secret)

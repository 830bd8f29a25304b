"""``client add``: register a client, and print its secret once."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from ...protocol.clients.application_types import APPLICATION_TYPES
from ...protocol.clients.registry import Registered
from ...protocol.clients.rules import InvalidClientMetadata
from ...protocol.records import CLIENT_ID_LENGTH, DuplicateRecord
from ..arguments import identifier, json_option
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
  poauth2 development.ini client add --kind machine --name Nightly --scope read

  # A single-page application, which has no secret:
  poauth2 development.ini client add --kind single-page --name "My page" \\
      --redirect-uri https://page.example/ --allowed-origin https://page.example

  # A service that signs with its own key, of which keys.json has the public part:
  poauth2 development.ini client add --kind machine --name Nightly --scope read \\
      --auth-method private_key_jwt --jwks keys.json

  # A secret of your own, not in the shell's history:
  poauth2 development.ini client add --name Old --redirect-uri https://old.example/cb --secret-stdin
"""
NO_ORIGIN = (
    "the client has no --allowed-origin, so the browser lets no page read what the token endpoint "
    "responds to it"
)
QUESTION = "The name of the client, as its users read it: "


@command(
    "Its kind decides what no other option does: web is an application on a server, single-page "
    "one in a browser, native one on a phone or a computer, machine one without users, and api a "
    "resource server, which introspects tokens. Without --name it asks for the name.",
    EXAMPLES,
    MetadataCommand,
)
@click.option(
    "--kind",
    type=click.Choice(tuple(APPLICATION_TYPES)),
    help="default: web, or api with --resource-server",
)
@click.option(
    "--client-id",
    type=identifier(CLIENT_ID_LENGTH),
    metavar="CLIENT_ID",
    help="default: drawn at random",
)
@click.option(
    "--secret-stdin",
    is_flag=True,
    help="read the secret from standard input instead of drawing one",
)
@json_option("print client_id and client_secret as JSON")
def add_client(
    ini: Ini,
    metadata: Metadata,
    kind: str | None,
    client_id: str | None,
    secret_stdin: bool,
    as_json: bool,
) -> int:
    """Register a client. Its secret is printed here and stored nowhere."""
    values = _values(kind, metadata)
    if client_id:
        values["client_id"] = client_id
    with ini.service() as service:
        values["client_name"] = values.get("client_name") or _asked_name()
        secret = read_secret() if secret_stdin else None
        try:
            registered = service.clients.add(None, secret, **values)
        except DuplicateRecord:
            print("poauth2: this client_id is or was in use; choose another", file=sys.stderr)
            return 1
        except InvalidClientMetadata as invalid:
            print_problems(invalid.problems, "the client was not registered", metadata.fields)
            return 1
        default_scopes = service.server.default_scopes
    if kind == "single-page" and not registered.client.allowed_origins:
        print(f"poauth2: note: {NO_ORIGIN}", file=sys.stderr)
    _print_registered(registered, default_scopes, secret is None, as_json)
    return 0


def _values(kind: str | None, metadata: Metadata) -> dict[str, Any]:
    """What was given; for the rest, what follows from the kind."""
    if kind is None:
        kind = "api" if metadata.values.get("resource_server") else "web"
    return {**APPLICATION_TYPES[kind].metadata, **metadata.values}


def _asked_name() -> str:
    """The name that the user types.

    :raises click.UsageError: there is no terminal to ask on.
    :raises click.Abort: the input has ended.
    """
    if not sys.stdin.isatty():
        message = "name the client, as in: --name 'My app'"
        raise click.UsageError(message, click.get_current_context())
    name = ""
    while not name:
        # Not click.prompt(): before click 8.4 it writes to stdout as well, which has the JSON.
        print(QUESTION, end="", file=sys.stderr, flush=True)
        line = sys.stdin.readline()
        if not line:
            raise click.Abort
        name = line.strip()
    return name


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

"""``client edit``: change the metadata of a client."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

import click

from ...protocol.clients.field import ClientField, with_an_option
from ...protocol.clients.registry import ClientChangedMeanwhile, UnknownClient
from ...protocol.clients.rules import InvalidClientMetadata
from ..arguments import client_id_argument, json_option, some_text
from ..client_options import MetadataCommand
from ..command import command, similar
from ..ini import Ini
from .listing import print_client
from .metadata import Metadata, print_problems
from .secret import refused

EXAMPLES = """\
A flag that may be repeated replaces all of its values.

Examples:
  poauth2 development.ini client edit CLIENT_ID --scope "read write"
  poauth2 development.ini client edit CLIENT_ID --clear logo_uri --clear owner
"""
NO_SECRET = "the client has no secret: give it one by client rotate-secret"


@command(examples=EXAMPLES, cls=MetadataCommand)
@client_id_argument
@click.option(
    "--clear",
    multiple=True,
    type=some_text,
    metavar="FIELD",
    help="give a field its default again, by its name in client show; repeatable",
)
@json_option("print the client as JSON")
def edit_client(
    ini: Ini, metadata: Metadata, client_id: str, clear: tuple[str, ...], as_json: bool
) -> int:
    """Change the client, and print the result."""
    fields = metadata.fields
    changes = {**_defaults(fields, clear), **metadata.values}
    if not changes:
        raise click.UsageError("say what to change, as in --name NAME", click.get_current_context())
    with ini.service() as service:
        try:
            client = service.clients.edit(client_id, **changes)
        except InvalidClientMetadata as invalid:
            print_problems(invalid.problems, "the client was not changed", fields)
            return 1
        except (UnknownClient, ClientChangedMeanwhile) as error:
            return refused(error)
        secretless = service.server.has_secret(client) and not client.client_secrets
    if secretless:
        print(f"poauth2: note: {NO_SECRET} {client_id}", file=sys.stderr)
    print_client(client, as_json, fields)
    return 0


def _defaults(fields: Iterable[ClientField], names: Iterable[str]) -> dict[str, Any]:
    """The defaults of the fields of these names.

    :raises click.UsageError: there is none of that name.
    """
    defaults = {field.name: field.default for field, _ in with_an_option(fields)}
    for name in names:
        if name not in defaults:
            message = f"--clear: there is no field {name}{similar(name, defaults)}"
            raise click.UsageError(message, click.get_current_context())
    return {name: defaults[name] for name in names}

"""``client list`` and ``client show``: clients without their secrets."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from typing import Any

import click

from ...protocol.clients.document import client_document
from ...protocol.clients.field import ClientField
from ...protocol.clients.registry import UnknownClient
from ...protocol.clients.source import SOURCES, source_of
from ...protocol.clients.unreadable import UNREADABLE, UnreadableClient
from ...protocol.clients.value_rules import MAX_NAME
from ...protocol.listings import every
from ...protocol.records import SUBJECT_LENGTH, Client
from ...protocol.scopes import format_scope
from ..arguments import client_id_argument, identifier, json_option, named_once
from ..command import command
from ..ini import Ini
from ..table import table
from ..terminal import shown
from ..times import utc
from .secret import refused

HEADINGS = (
    "CLIENT_ID",
    "NAME",
    "OWNER",
    "SOURCE",
    "STATE",
    "AUTHENTICATION",
    "GRANT TYPES",
    "SCOPE",
)
TIMES = ("created_at", "updated_at", "disabled_at")


@command()
@click.option("--disabled", is_flag=True, help="only those that are disabled")
@named_once("--owner", SUBJECT_LENGTH, "SUBJECT", "only those of this user, as grants name them")
@click.option(
    "--name",
    type=identifier(MAX_NAME),
    metavar="TEXT",
    help="only those whose name begins so, or whose client_id it is",
)
@click.option("--source", type=click.Choice(SOURCES), help="only those that came so")
@json_option("as JSON, with RFC 7591's names")
def list_clients(
    ini: Ini,
    disabled: bool,
    owner: str | None,
    name: str | None,
    source: str | None,
    as_json: bool,
) -> int:
    """List the clients, by name."""
    with ini.service() as service:
        search = service.clients.search
        found = every(lambda at: search(owner, name, cursor=at, limit=500))
        clients = [
            each
            for each in found
            if (each.disabled_at is not None or not disabled) and source in (None, source_of(each))
        ]
    if as_json:
        print(json.dumps([document(client) for client in clients], indent=2))
        return 0
    if clients:
        print(*table([HEADINGS, *map(_cells, clients)]), sep="\n")
    print(f"{len(clients)} client{'' if len(clients) == 1 else 's'}")
    return 0


def _cells(client: Client) -> tuple[str, ...]:
    known = shown(client.client_id), shown(client.client_name), shown(client.owner or "-")
    if isinstance(client, UnreadableClient):
        return *known, "-", "unreadable: delete it", "-", "-", "-"
    return (
        *known,
        source_of(client),
        "active" if client.disabled_at is None else "disabled",
        client.token_endpoint_auth_method,
        " ".join(client.grant_types) or "-",
        format_scope(client.scope) or "(default)",
    )


@command()
@client_id_argument
@json_option("as JSON; times are in UTC seconds")
def show_client(ini: Ini, client_id: str, as_json: bool) -> int:
    """Print one client."""
    with ini.service() as service:
        try:
            client = service.clients.get(client_id)
        except UnknownClient as error:
            return refused(error)
        fields = service.server.client_fields.values()
    if isinstance(client, UnreadableClient):
        print(f"poauth2: {shown(client.client_id)}: {UNREADABLE}", file=sys.stderr)
        return 1
    print_client(client, as_json, fields)
    return 0


def print_client(client: Client, as_json: bool, fields: Iterable[ClientField]) -> None:
    """Print every field that has a value.

    :param fields: those that the application has; an added one is a line of its own.
    """
    members = document(client)
    if as_json:
        print(json.dumps(members, indent=2))
        return
    extra = members.pop("extra")
    values = {field.name: extra.pop(field.name) for field in fields if field.name in extra}
    for name, value in {**members, **values, "extra": extra}.items():
        if value in ("", [], {}):
            continue
        print(f"{name + ':':<28} {utc(value) if name in TIMES else _text(value)}")
    for secret in client.client_secrets:
        ends = "" if secret.expires_at is None else f", until {utc(secret.expires_at)}"
        print(f"{'secret:':<28} of {utc(secret.created_at)}{ends}")


def _text(value: Any) -> str:
    """A value as text; that of an added field may be of any form of JSON."""
    if isinstance(value, list):
        return " ".join(map(_text, value))
    return shown(str(value))


def document(client: Client) -> dict[str, Any]:
    """The client as JSON, without its secrets."""
    if isinstance(client, UnreadableClient):
        return {"client_id": client.client_id, "unreadable": True}
    members = client_document(client)
    # Not even their digests: what is printed ends up in logs and tickets.
    del members["client_secrets"]
    return {name: value for name, value in members.items() if value is not None}

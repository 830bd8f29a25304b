"""``client export`` and ``client import``: JSON with RFC 7591's names and secrets as digests."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from ...protocol.clients.codecs import time
from ...protocol.clients.document import client_document, client_from_document
from ...protocol.clients.extra import with_members
from ...protocol.clients.registry import UnknownClient
from ...protocol.clients.rules import InvalidClientMetadata, check_client
from ...protocol.clients.secrets import keep_secret
from ...protocol.clients.unreadable import UNREADABLE, UnreadableClient
from ...protocol.listings import every
from ...protocol.records import Client
from ...protocol.server import Server
from ...service import OAuth2Service
from ..arguments import json_option, some_path, without_secrets
from ..command import command
from ..ini import Ini
from ..terminal import shown
from .secret import note_encoding

NOT_A_LIST = "a JSON list of clients is needed, as client export writes it"


@command(
    "They are a JSON list. Of a secret there is its digest only, but keep the file to yourself all "
    "the same."
)
def export_clients(ini: Ini) -> int:
    """Print every client, with one page in memory at a time; 1 if one cannot be read."""
    status = 0
    with ini.service() as service:
        clients = every(lambda at: service.server.clients.export(at))
        between = "[\n"
        for client in clients:
            # The bare client_id of a deleted client is only for a copy of the store.
            if isinstance(client, UnreadableClient):
                print(
                    f"poauth2: left out: {shown(client.client_id)}: {UNREADABLE}", file=sys.stderr
                )
                status = 1
            elif isinstance(client, Client):
                print(between + json.dumps(client_document(client)), end="")
                between = ",\n"
    print("\n]" if between == ",\n" else "[]")
    return status


@command(
    "FILE, or standard input, is a JSON list that export wrote, or another program: client_id, and "
    "what else a client of its kind needs, such as redirect_uris for the code flow, which is the "
    "default. A client_secret in clear is kept as a digest, so that a client goes on with the "
    "secret that it had elsewhere. A client that is registered already, or was deleted, is left as "
    "it is. If one breaks a rule, nothing is imported."
)
@click.argument("file", metavar="[FILE]", default="-", type=some_path)
@json_option("report as JSON")
def import_clients(ini: Ini, file: str, as_json: bool) -> int:
    """Register what is not there; report the number, and the clients that break a rule."""
    try:
        documents = _documents(file)
    except ValueError as error:
        named = "standard input" if file == "-" else file
        print(f"poauth2: {named} cannot be read: {error}", file=sys.stderr)
        return 1
    with ini.service() as service:
        clients, problems = _checked(service.server, documents)
        if problems:
            print("poauth2: nothing was imported:", *problems, sep="\n  ", file=sys.stderr)
            return 1
        new = sum(map(service.clients.restore, clients))
        bare = list(_without_secret(service, clients))
    note_encoding(
        (client.client_id, members.get("client_secret") or "")
        for client, members in zip(clients, documents, strict=True)
        if service.server.has_secret(client)
    )
    if as_json:
        print(json.dumps({"imported": new, "left": len(clients) - new}))
        return 0
    print(f"{new} imported, {len(clients) - new} left as they are")
    if bare:
        print(f"Without a secret, so give them one by rotate-secret: {', '.join(bare)}")
    return 0


def _without_secret(service: OAuth2Service, clients: Iterable[Client]) -> Iterator[str]:
    """The client_ids of those that need a secret and have none, as they are stored now."""
    for client_id in dict.fromkeys(client.client_id for client in clients):
        with suppress(UnknownClient):
            stored = service.clients.get(client_id)
            if service.server.has_secret(stored) and not stored.client_secrets:
                yield client_id


def _documents(name: str) -> list[Any]:
    """The JSON list in a file.

    :raises ValueError: there is none; the message says why.
    """
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text("utf-8")
        text.encode()  # Of standard input, bytes that are no text were read as surrogates.
        documents = json.loads(text)
    except OSError as error:
        raise ValueError(error.strerror) from error
    except UnicodeError as error:
        raise ValueError("it is no UTF-8 text") from error
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise ValueError(f"it is no JSON: {place}: {error.msg}") from error
    except RecursionError as error:
        raise ValueError("it is no list of clients: its values are nested too deeply") from error
    if not isinstance(documents, list):
        raise ValueError(NOT_A_LIST)
    return documents


def _checked(server: Server, documents: list[Any]) -> tuple[list[Client], list[str]]:
    clients, problems = [], []
    for number, members in enumerate(documents, 1):
        try:
            if not isinstance(members, dict):
                raise ValueError("it is no JSON object")
            client = _with_secret(client_from_document(members), members, server.clock())
            client = with_members(server.client_fields, client, members)
            check_client(server, client)
            clients.append(client)
        except InvalidClientMetadata as invalid:
            broken = "; ".join(f"{field}: {text}" for field, text in invalid.problems.items())
            problems.append(f"{_name_of(number, members)}: {broken}")
        except ValueError as error:
            problems.append(f"{_name_of(number, members)}: {error}")
    return clients, problems


def _with_secret(client: Client, members: Mapping[str, Any], now: int) -> Client:
    """The client with the clear-text secret of its document (RFC 7591 section 3.2.1), if any.

    ``client_secret_expires_at`` says when it expires, in UTC seconds; 0 for never.

    :raises ValueError: the secret cannot be stored, or there are digests as well.
    """
    secret = members.get("client_secret")
    if secret is None:
        return client
    if client.client_secrets:
        raise ValueError("write client_secret or client_secrets, not both")
    if not isinstance(secret, str):
        raise ValueError("client_secret: a text is needed")
    try:
        ends = time(members.get("client_secret_expires_at", 0))
    except TypeError as error:
        raise ValueError(f"client_secret_expires_at: {error}, or 0 for never") from None
    return replace(client, client_secrets=(keep_secret(secret, now, ends or None),))


def _name_of(number: int, members: Any) -> str:
    """How the client is identified in a message: its position, and its client_id if it has one."""
    client_id = members.get("client_id") if isinstance(members, dict) else None
    return f"client {number}" + (
        f" ({without_secrets(client_id[:100])!r})" if isinstance(client_id, str) else ""
    )

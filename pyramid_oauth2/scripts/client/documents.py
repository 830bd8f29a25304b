"""``client pin`` and ``client verify``: clients that are known by a document."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path

import click

from ...extensions.client_id_metadata import NAME
from ...protocol.authorization.clients import store_resolved
from ...protocol.clients.registry import UnknownClient
from ...protocol.clients.source import DOCUMENT, approved, is_unchecked, source_of
from ...protocol.listings import every
from ...protocol.records import CLIENT_ID_LENGTH, Client
from ...service import OAuth2Service
from ..arguments import identifier, some_path
from ..command import command
from ..ini import Ini
from ..terminal import shown

OFF = "no client is known by a document: set oauth2.client_id_metadata to another value than off"
# What the server itself says of a client.
OF_SERVER = frozenset({"created_at", "updated_at", "disabled_at", "version", "epoch", "extra"})
_url = click.argument("url", metavar="URL", type=identifier(CLIENT_ID_LENGTH))

Read = Callable[[str, bytes], Client]
Fetch = Callable[[str], bytes]


class Unusable(Exception):
    """A document cannot be used; the message says why."""


@command(
    "URL is the client_id. The document is FILE, or it is fetched now. It is not fetched any more "
    "for its users, who need not be asked each time; to end that: client edit URL --no-approved."
)
@_url
@click.argument("file", metavar="[FILE]", required=False, type=some_path)
def pin(ini: Ini, url: str, file: str | None) -> int:
    """Write a client as its document says, and approve it."""
    try:
        body = Path(file).read_bytes() if file else None
    except OSError as error:
        print(f"poauth2: {shown(file or '')} cannot be read: {error.strerror}", file=sys.stderr)
        return 1
    with _documents(ini) as (service, read, fetch):
        try:
            found = approved(read(url, fetch(url) if body is None else body))
            stored = service.clients.get(url)
            if source_of(stored) != DOCUMENT:
                raise Unusable("is registered, and not known by its document")
        except UnknownClient:
            stored = None
        except Unusable as error:
            print(f"poauth2: {shown(url)} {shown(str(error))}", file=sys.stderr)
            return 1
        store_resolved(service.server, found, service.emit)
    print(f"{shown(url)}: {'pinned' if stored is None else 'pinned again'}.")
    return 0


@command("Exits with 1 if one has changed, or cannot be read.")
def verify(ini: Ini) -> int:
    """Compare each pinned client with its document as it is now."""
    changed = count = 0
    with _documents(ini) as (service, read, fetch):
        for client in _pinned(service):
            count += 1
            try:
                differences = ", ".join(
                    _differences(client, read(client.client_id, fetch(client.client_id)))
                )
                state = f"has changed: {differences}" if differences else "is as it was pinned"
            except Unusable as error:
                differences = state = str(error)
            changed += bool(differences)
            print(f"{shown(client.client_id)} {shown(state)}")
    print(f"{count} pinned, {changed} changed")
    return 1 if changed else 0


def _pinned(service: OAuth2Service) -> Iterator[Client]:
    search = service.clients.search
    for client in every(lambda at: search(cursor=at, limit=500)):
        if source_of(client) == DOCUMENT and not is_unchecked(client):
            yield client


def _differences(before: Client, now: Client) -> Iterator[str]:
    for field in fields(Client):
        if field.name not in OF_SERVER and getattr(before, field.name) != getattr(now, field.name):
            yield field.name


@contextmanager
def _documents(ini: Ini) -> Iterator[tuple[OAuth2Service, Read, Fetch]]:
    with ini.service() as service:
        resolver = service.server.plug_ins.client_resolvers.get(NAME)
        if resolver is None:
            raise click.UsageError(OFF)
        # Only now: it is not imported where the feature is off.
        from ...extensions.client_id_metadata.client_id_url import url_problem
        from ...extensions.client_id_metadata.document import UnusableDocument
        from ...extensions.client_id_metadata.resolver import DocumentResolver
        from ...fetching import FetchError

        assert isinstance(resolver, DocumentResolver)

        def read(url: str, body: bytes) -> Client:
            if (problem := url_problem(url)) is not None:
                raise Unusable(problem)
            try:
                stored = service.server.clients.get(url)
                return resolver.reader.client(url, body, stored, service.server.clock())
            except UnusableDocument as unusable:
                raise Unusable(str(unusable)) from None

        def fetch(url: str) -> bytes:
            try:
                return resolver.fetch(url)[0]
            except FetchError as error:
                raise Unusable(str(error)) from None

        yield service, read, fetch

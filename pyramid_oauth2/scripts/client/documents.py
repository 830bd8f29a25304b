"""``client pin`` and ``client verify``: clients that are known by a document."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ...extensions.client_id_metadata import NAME
from ...extensions.client_id_metadata.settings import PINNED as ONLY_PINNED
from ...protocol.authorization.clients import store_resolved
from ...protocol.clients.registry import UnknownClient
from ...protocol.clients.source import DOCUMENT, approved, is_unchecked, source_of
from ...protocol.listings import every
from ...protocol.records import Client
from ...service import OAuth2Service
from ..arguments import some_path
from ..command import command
from ..ini import Ini
from ..table import table
from ..terminal import shown
from .known import document_url, document_urls, rows

if TYPE_CHECKING:
    from ...extensions.client_id_metadata.resolver import DocumentResolver

PINNED, NOT_PINNED, DELETED = "pinned", "not pinned", "deleted"
FOLLOW = "Processes that are running say within a minute that clients may use their documents."
OFF = "no client is known by a document: set oauth2.client_id_metadata to another value than off"
FROM_BROWSER = (
    "If a browser can read it, save it there, and name the file as well: client pin NAME FILE"
)
# What the server itself says of a client.
OF_SERVER = frozenset({"created_at", "updated_at", "disabled_at", "version", "epoch", "extra"})


class Unusable(Exception):
    """A document cannot be used; the message says why."""


@command(
    "NAME is one of the known clients, which are listed where it is left out. URL is the client_id "
    "of any client. The document is FILE, or it is fetched now. It is not fetched any more for its "
    "users, who need not be asked each time; to end that: client edit URL --no-approved."
)
@click.argument("url", metavar="[NAME|URL]", required=False, type=document_url)
@click.argument("file", metavar="[FILE]", required=False, type=some_path)
@click.option("--known", is_flag=True, help="all known clients that are not pinned yet")
def pin(ini: Ini, url: str | None, file: str | None, known: bool) -> int:
    """Write a client as its document says, and approve it."""
    if known and url is not None:
        raise click.UsageError("name a client, or write --known")
    with _documents(ini) as documents:
        if not known and url is None:
            print(*table([*rows(documents.state)]), sep="\n")
            return 0
        if url is not None:
            pinned = [_pin(documents, url, file)]
        else:
            missing = [each for each in document_urls() if documents.state(each) == NOT_PINNED]
            pinned = [_pin(documents, each) for each in missing]
        if any(pinned) and documents.only_pinned:
            print(FOLLOW)
    return 0 if all(pinned) else 1


def _pin(documents: _Documents, url: str, file: str | None = None) -> bool:
    """Pin a client, and print what happened; return whether it is pinned."""
    try:
        first = documents.pin(url, file)
    except Unusable as error:
        print(f"poauth2: {shown(url)} {shown(str(error))}", file=sys.stderr)
        return False
    print(f"{shown(url)}: {'pinned' if first else 'pinned again'}.")
    return True


@command("All, or those that are named. Exits with 1 if one has changed, or cannot be read.")
@click.argument("urls", metavar="[NAME|URL]...", nargs=-1, type=document_url)
def verify(ini: Ini, urls: tuple[str, ...]) -> int:
    """Compare pinned clients with their documents as they are now."""
    compared = changed = failed = 0
    with _documents(ini) as documents:
        for url in urls or documents.pinned():
            try:
                differences = ", ".join(documents.differences(url))
            except Unusable as error:
                failed += 1
                print(f"{shown(url)} {shown(str(error))}")
                continue
            compared += 1
            changed += bool(differences)
            state = f"has changed: {differences}" if differences else "is as it was pinned"
            print(f"{shown(url)} {shown(state)}")
    rest = f", {failed} not verified" if failed else ""
    print(f"{compared} verified, {changed} changed{rest}")
    return 1 if changed or failed else 0


@dataclass(frozen=True, slots=True)
class _Documents:
    """The clients of an application that are known by a document."""

    service: OAuth2Service
    resolver: DocumentResolver

    def pin(self, url: str, file: str | None) -> bool:
        """Pin a client; return whether the store had none.

        :raises Unusable: the document cannot be, or the client is registered.
        """
        found = approved(self._read(url, self._body(url, file)))
        try:
            stored = self.service.clients.get(url)
            if source_of(stored) != DOCUMENT:
                raise Unusable("is registered, and not known by its document")
            # A user may have seen it by a clock that is ahead of this one.
            found = replace(found, updated_at=max(found.updated_at, stored.updated_at))
        except UnknownClient:
            stored = None
            if self.service.server.clients.was_deleted(url):
                raise Unusable("was deleted, and stays so") from None
        store_resolved(self.service.server, found, self.service.emit)
        return stored is None

    @property
    def only_pinned(self) -> bool:
        """Whether the server says that it knows documents only since some are pinned."""
        return self.resolver.settings.clients == ONLY_PINNED

    def _body(self, url: str, file: str | None) -> bytes:
        if file is not None:
            return _contents(file)
        try:
            return self._fetch(url)
        except Unusable as error:
            raise Unusable(f"{error}. {FROM_BROWSER}") from None

    def pinned(self) -> Iterator[str]:
        """The client_id of each that is pinned in the store."""
        search = self.service.clients.search
        for client in every(lambda at: search(cursor=at, limit=500)):
            if source_of(client) == DOCUMENT and not is_unchecked(client):
                yield client.client_id

    def state(self, url: str) -> str:
        """Whether a client is pinned, in the store or in the folder of the ini, or was deleted."""
        clients = self.service.server.clients
        if self.resolver.is_pinned(url, clients.get(url)):
            return PINNED
        return DELETED if clients.was_deleted(url) else NOT_PINNED

    def differences(self, url: str) -> Iterator[str]:
        """The fields of a pinned client in which its document differs now.

        :raises Unusable: the document cannot be used, or the client is not pinned.
        """
        before = self.service.server.clients.get(url)
        if before is None or source_of(before) != DOCUMENT or is_unchecked(before):
            raise Unusable("is not pinned")
        now = self._read(url, self._fetch(url))
        for field in fields(Client):
            name = field.name
            if name not in OF_SERVER and getattr(before, name) != getattr(now, name):
                yield name

    def _read(self, url: str, body: bytes) -> Client:
        from ...extensions.client_id_metadata.client_id_url import url_problem
        from ...extensions.client_id_metadata.document import UnusableDocument

        if (problem := url_problem(url, self.service.server.issuer)) is not None:
            raise Unusable(problem)
        server = self.service.server
        try:
            return self.resolver.reader.client(url, body, server.clients.get(url), server.clock())
        except UnusableDocument as unusable:
            raise Unusable(str(unusable)) from None

    def _fetch(self, url: str) -> bytes:
        from ...fetching import FetchError

        try:
            return self.resolver.fetch(url)
        except FetchError as error:
            raise Unusable(str(error)) from None


def _contents(file: str) -> bytes:
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise Unusable(f"cannot be pinned: {file} cannot be read: {error.strerror}") from None


@contextmanager
def _documents(ini: Ini) -> Iterator[_Documents]:
    with ini.service() as service:
        resolver = service.server.plug_ins.client_resolvers.get(NAME)
        if resolver is None:
            raise click.UsageError(OFF)
        # Only now: it is not imported where the feature is off.
        from ...extensions.client_id_metadata.resolver import DocumentResolver

        assert isinstance(resolver, DocumentResolver)
        yield _Documents(service, resolver)

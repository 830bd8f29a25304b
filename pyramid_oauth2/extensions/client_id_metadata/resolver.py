"""Finds clients by their documents: pinned, known, or fetched now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import cast

from zope.interface import implementer

from ...fetching.responses import Busy, FetchError
from ...interfaces.authorization import IClientResolver
from ...interfaces.fetcher import IFetcher, Report
from ...interfaces.server import IServer
from ...protocol.authorization.client_lookup import ClientLookup
from ...protocol.authorization_server import AuthorizationServer
from ...protocol.clients.blocked_hosts import BlockedHosts
from ...protocol.clients.policies import check_policies
from ...protocol.clients.rules import InvalidClientMetadata
from ...protocol.clients.source import approved, is_unchecked
from ...protocol.errors import TemporarilyUnavailable
from ...protocol.grants import has_living_grant
from ...protocol.records import Client
from .client_id_url import host_of, is_document_url, url_problem
from .document import MOST, Reader, UnusableDocument
from .known_documents import SHORTEST, Known, KnownDocuments
from .refused import BUSY, CONTENTS, FETCHED, POLICY, URL, document_refused
from .settings import ALLOWED, OPEN, ClientIDMetadataSettings

STALE = 7 * 86_400  # seconds for which a client in use stays usable that cannot be fetched again
NOT_MODIFIED = 304


@implementer(IClientResolver)
@dataclass(frozen=True)
class DocumentResolver:
    """The resolver of clients whose client_id is the URL of their document.

    :param pinned: documents that are used instead of those at their URLs.
    :param report: gets each request that was sent.
    """

    server: IServer
    settings: ClientIDMetadataSettings
    reader: Reader
    fetcher: IFetcher
    pinned: Mapping[str, bytes]
    report: Report
    known: KnownDocuments = field(default_factory=KnownDocuments)

    def recognises(self, client_id: str) -> bool:
        """Whether it is an https URL."""
        return is_document_url(client_id, self.server.issuer)

    def resolve(self, lookup: ClientLookup) -> Client | None:
        """The client as its document says.

        :raises OAuth2Error: the document cannot be fetched, or is not allowed here.
        """
        url, stored = lookup.client_id, lookup.stored
        if (problem := url_problem(url, self.server.issuer)) is not None:
            raise document_refused(url, problem, URL)
        if (body := self.pinned.get(url)) is not None:
            return approved(self._read(url, body, stored, self.server.clock()))
        if stored is not None and not is_unchecked(stored):
            return stored
        if not self._is_allowed(host_of(url)) or BlockedHosts(self.server).blocks(host_of(url)):
            raise document_refused(url, "is not allowed here by the operator", POLICY)
        known = self.known.get(url)
        if known is None:
            # Another process has fetched it, and a user has allowed it something.
            if stored is not None and self.server.clock() < stored.updated_at + SHORTEST:
                return stored
            known = self._fetched(lookup)
        if known is None:
            return stored
        if known.problem is not None:
            raise document_refused(url, known.problem, CONTENTS)
        client = self._read(url, known.body, stored, known.fetched_at)
        if BlockedHosts(self.server).of(client) is not None:
            raise document_refused(url, "sends users to a host that is blocked here", POLICY)
        try:
            check_policies(self._core, client)
        except InvalidClientMetadata as invalid:
            says = "; ".join(f"{name}: {text}" for name, text in invalid.problems.items())
            raise document_refused(url, f"is not accepted here: {says}", POLICY) from None
        return client

    def is_pinned(self, url: str, stored: Client | None) -> bool:
        """Whether an operator has pinned or approved the client of that URL, or registered it.

        :param stored: what the store has of it.
        """
        return url in self.pinned or (stored is not None and not is_unchecked(stored))

    def fetch(self, url: str) -> bytes:
        """The document at a URL now.

        :raises FetchError: there is none.
        """
        return self.fetcher.get(url, MOST, self.report).body

    def _fetched(self, lookup: ClientLookup) -> Known | None:
        """The document now; None if the stored client stands in for it."""
        url, stored, now = lookup.client_id, lookup.stored, self.server.clock()
        earlier = self.known.earlier(url)
        try:
            lookup.count()
            response = self.fetcher.get(url, MOST, self.report, earlier.etag if earlier else "")
        except (FetchError, TemporarilyUnavailable) as error:
            if stored is not None and self._may_be_stale(stored, now):
                return None
            if isinstance(error, TemporarilyUnavailable):
                # Others at the same address may have used the limit up.
                raise
            if isinstance(error, Busy):
                raise TemporarilyUnavailable(
                    "Too many documents are being fetched.", refusal=BUSY
                ) from None
            raise document_refused(url, str(error), FETCHED) from None
        if response.status == NOT_MODIFIED and earlier is not None:
            known = replace(earlier, fetched_at=now)
        else:
            problem = self._problem(url, response.body)
            known = Known(response.body, now, problem, response.etag)
        self.known.put(url, known, response.cache_control)
        return known

    def _may_be_stale(self, stored: Client, now: int) -> bool:
        return now < stored.updated_at + STALE and has_living_grant(self._core, stored, now)

    @property
    def _core(self) -> AuthorizationServer:
        return cast(AuthorizationServer, self.server)

    def _problem(self, url: str, body: bytes) -> str | None:
        try:
            self.reader.client(url, body, None, 0)
        except UnusableDocument as unusable:
            return str(unusable)
        return None

    def _read(self, url: str, body: bytes, stored: Client | None, at: int) -> Client:
        try:
            return self.reader.client(url, body, stored, at)
        except UnusableDocument as unusable:
            raise document_refused(url, str(unusable), CONTENTS) from None

    def _is_allowed(self, host: str) -> bool:
        if self.settings.clients == OPEN:
            return True
        if self.settings.clients != ALLOWED:
            return False
        hosts = self.settings.hosts
        return host in hosts or any(
            pattern.startswith("*.") and host.endswith(pattern[1:]) for pattern in hosts
        )

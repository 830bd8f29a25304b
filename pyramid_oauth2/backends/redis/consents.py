"""Consents on Redis."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import unquote

from zope.interface import implementer

from ...interfaces import IConsentStore
from ...protocol.records import Consent, Page, Purged
from .exchange import Command
from .indexes import page_of
from .key_names import RECORD, consent_key, consents_of_subject, consents_to_client
from .purging import consent_purge
from .scanning import Purging, export_page
from .scripts import FORGET_CONSENT, PUT_CONSENT
from .server import Server, call
from .values import consent_of, consent_value

NONE = "-"


@implementer(IConsentStore)
class RedisConsentStore:
    """A user's consents in one slot; the users who consented to a client in a set elsewhere.

    An entry of that set is never removed, only trimmed after its end: a removal
    could overtake the entry of a new consent.
    """

    # There is at most one per user and client, so expired ones can wait for
    # ``poauth2 purge``: on Redis nothing else scans all keys.
    expires_itself = True

    def __init__(self, server: Server) -> None:
        self._server = server
        self._purging = Purging(server, consent_purge)

    def get(self, subject: str, client_id: str) -> Consent | None:
        """Return the consent."""
        (value,) = self._server.read(consent_key(subject, client_id))
        return None if value is None else consent_of(subject, client_id, value)

    def put(self, consent: Consent, version: int | None) -> bool:
        """Insert or replace a consent by compare and swap."""
        expected = NONE if version is None else version
        value = consent_value(consent, 0 if version is None else version + 1)
        arguments = (expected, value, consent.client_id)
        before = [_client_entry(consent)]
        return bool(self._server.run(PUT_CONSENT, _keys(consent), *arguments, before=before))

    def forget(self, subject: str, client_id: str) -> bool:
        """Remove the consent."""
        keys = [consent_key(subject, client_id), consents_of_subject(subject)]
        return bool(self._server.run(FORGET_CONSENT, keys, client_id, replicated=True))

    def list(
        self,
        subject: str | None = None,
        client_id: str | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[Consent]:
        """List a user's or a client's consents."""
        if subject is not None and client_id is None:
            index = consents_of_subject(subject)
        elif client_id is not None and subject is None:
            index = consents_to_client(client_id)
        else:
            raise ValueError("give either a subject or a client_id")

        def read(names: list[str]) -> Sequence[Consent]:
            return self._read((subject or name, client_id or name) for name in names)

        return page_of(self._server, index, cursor, limit, read)

    def purge(self, now: int, limit: int = 1000) -> Purged:
        """Scan the next *limit* keys, and remove what has expired."""
        return self._purging.purge(now, limit)

    def export(self, cursor: str | None = None, limit: int = 500) -> Page[Consent]:
        """List everything."""
        return export_page(self._server, self._behind, cursor, limit)

    def import_(self, records: Iterable[Consent]) -> int:
        """Insert what is not there."""
        consents = tuple(records)
        self._server.many(map(_client_entry, consents), writes=True)
        return sum(self._server.many(map(_insertion, consents), writes=True))

    def _behind(self, keys: Iterable[str]) -> Sequence[Consent]:
        found = [match for match in map(RECORD.fullmatch, keys) if match and match["client"]]
        return self._read((unquote(match["subject"]), unquote(match["client"])) for match in found)

    def _read(self, places: Iterable[tuple[str, str]]) -> Sequence[Consent]:
        pairs = tuple(places)
        values = self._server.get_many(consent_key(*pair) for pair in pairs)
        return [
            consent_of(*pair, value)
            for pair, value in zip(pairs, values, strict=True)
            if value is not None
        ]


def _client_entry(consent: Consent) -> Command:
    index = consents_to_client(consent.client_id)
    return ("ZADD", index, "GT", consent.expires_at, consent.subject)


def _keys(consent: Consent) -> tuple[str, str]:
    key = consent_key(consent.subject, consent.client_id)
    return key, consents_of_subject(consent.subject)


def _insertion(consent: Consent) -> Command:
    value = consent_value(consent, consent.version)
    return call(PUT_CONSENT, _keys(consent), NONE, value, consent.client_id)

"""Consents in memory."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import islice
from threading import Lock

from zope.interface import implementer

from pyramid_oauth2.interfaces import IConsentStore
from pyramid_oauth2.per_process import PerProcess
from pyramid_oauth2.protocol.records import Consent, Page, Purged

from .pages import page_of


@implementer(IConsentStore)
class MemoryConsentStore:
    """A dictionary of consents by subject and client_id."""

    def __init__(self) -> None:
        self._lock = PerProcess(Lock)
        self._consents: dict[tuple[str, str], Consent] = {}

    def get(self, subject: str, client_id: str) -> Consent | None:
        """Return the consent."""
        with self._lock():
            return self._consents.get((subject, client_id))

    def put(self, consent: Consent, version: int | None) -> bool:
        """Insert or replace a consent by compare and swap."""
        key = (consent.subject, consent.client_id)
        with self._lock():
            earlier = self._consents.get(key)
            if version != (None if earlier is None else earlier.version):
                return False
            self._consents[key] = replace(consent, version=0 if version is None else version + 1)
            return True

    def forget(self, subject: str, client_id: str) -> bool:
        """Remove the consent."""
        with self._lock():
            return self._consents.pop((subject, client_id), None) is not None

    def list(
        self,
        subject: str | None = None,
        client_id: str | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[Consent]:
        """List a user's or a client's consents."""
        if (subject is None) == (client_id is None):
            raise ValueError("give either a subject or a client_id")
        with self._lock():
            chosen = (
                (key, consent)
                for key, consent in self._consents.items()
                if subject in (None, consent.subject) and client_id in (None, consent.client_id)
            )
            return page_of(chosen, cursor, limit)

    def purge(self, now: int, limit: int = 1000) -> Purged:
        """Remove expired consents."""
        with self._lock():
            expired = (key for key, consent in self._consents.items() if consent.expires_at <= now)
            due = tuple(islice(expired, limit + 1))
            for key in due[:limit]:
                del self._consents[key]
            return Purged(len(due[:limit]), len(due) > limit)

    def export(self, cursor: str | None = None, limit: int = 500) -> Page[Consent]:
        """List everything."""
        with self._lock():
            return page_of(self._consents.items(), cursor, limit)

    def import_(self, records: Iterable[Consent]) -> int:
        """Insert what is not there."""
        with self._lock():
            before = len(self._consents)
            for consent in records:
                self._consents.setdefault((consent.subject, consent.client_id), consent)
            return len(self._consents) - before

"""Consents in SQL."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy import and_, bindparam, delete, insert, select, update
from zope.interface import implementer

from ...interfaces import IConsentStore
from ...protocol.records import Consent, Page, Purged
from .database import Database
from .pages import Listing
from .purging import CONSENT_STORE_PURGES, purge
from .rows import CONSENT_COLUMNS, consent_of, consent_values
from .schema import consent_table

_consent = consent_table.c
_of_subject = _consent.subject == bindparam("of_subject")
_of_client = _consent.client_id == bindparam("of_client")
_all = select(*CONSENT_COLUMNS)

READ = _all.where(_of_subject, _of_client)
INSERT = insert(consent_table)
REPLACE = (
    update(consent_table)
    .where(and_(_of_subject, _of_client, _consent.version == bindparam("seen_version")))
    .values(
        {
            column: bindparam(f"new_{column.name}", type_=column.type)
            for column in consent_table.columns
            if not column.primary_key
        }
    )
)
FORGET = delete(consent_table).where(_of_subject, _of_client)

OF_SUBJECT = Listing(_all.where(_of_subject), (_consent.client_id,), consent_of)
OF_CLIENT = Listing(_all.where(_of_client), (_consent.subject,), consent_of)
EVERYTHING = Listing(_all, (_consent.subject, _consent.client_id), consent_of)


@implementer(IConsentStore)
class SQLAlchemyConsentStore:
    """The consent store: one row for each user and client."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, subject: str, client_id: str) -> Consent | None:
        """Return the consent."""
        row = self._database.row(READ, {"of_subject": subject, "of_client": client_id})
        return None if row is None else consent_of(row)

    def put(self, consent: Consent, version: int | None) -> bool:
        """Insert or replace a consent by compare and swap."""
        if version is None:
            return self._database.insert(INSERT, consent_values(replace(consent, version=0)))
        values = consent_values(replace(consent, version=version + 1))
        parameters = {
            "of_subject": values.pop("subject"),
            "of_client": values.pop("client_id"),
            "seen_version": version,
            **{f"new_{name}": value for name, value in values.items()},
        }
        return self._database.change(REPLACE, parameters) == 1

    def forget(self, subject: str, client_id: str) -> bool:
        """Remove the consent."""
        parameters = {"of_subject": subject, "of_client": client_id}
        return self._database.change(FORGET, parameters) == 1

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
        if client_id is None:
            return OF_SUBJECT.page(self._database, cursor, limit, {"of_subject": subject})
        return OF_CLIENT.page(self._database, cursor, limit, {"of_client": client_id})

    def purge(self, now: int, limit: int = 1000) -> Purged:
        """Remove expired consents."""
        return purge(self._database, CONSENT_STORE_PURGES, now, limit)

    def export(self, cursor: str | None = None, limit: int = 500) -> Page[Consent]:
        """List everything."""
        return EVERYTHING.page(self._database, cursor, limit)

    def import_(self, records: Iterable[Consent]) -> int:
        """Insert what is not there."""
        return self._database.insert_missing(INSERT, map(consent_values, records))

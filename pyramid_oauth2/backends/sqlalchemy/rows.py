"""Records as rows, and rows as records.

A row is read by position, so each tuple of columns here is in the order of the
fields of its record.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import fields
from functools import lru_cache
from typing import Any

from ...protocol.clients.document import client_document
from ...protocol.clients.stored import stored_client
from ...protocol.records import (
    UNREADABLE,
    Client,
    Consent,
    Entry,
    Grant,
    Reservation,
    SealedAnswer,
    Token,
    TokenRef,
)
from .schema import (
    NAME_KEY_LENGTH,
    client_table,
    consent_table,
    entry_table,
    grant_table,
    reservation_table,
    token_table,
)

log = logging.getLogger(__name__)


def _consent_column(field: str) -> str:
    # The field once had the name of the column, which is kept.
    return "scopes" if field == "scope" else field


GRANT_COLUMNS = tuple(grant_table.c[field.name] for field in fields(Grant))
CONSENT_COLUMNS = tuple(consent_table.c[_consent_column(field.name)] for field in fields(Consent))
ENTRY_COLUMNS = tuple(entry_table.c[field.name] for field in fields(Entry))
RESERVATION_COLUMNS = tuple(reservation_table.c[field.name] for field in fields(Reservation))
# The end of a sealed answer is last.
TOKEN_COLUMNS = (
    *(token_table.c[field.name] for field in fields(Token)),
    token_table.c.sealed_until,
)
_SCOPE, _RESOURCES, _DATA = (
    [field.name for field in fields(Grant)].index(name) for name in ("scope", "resources", "data")
)
_SEALED_ANSWER = [field.name for field in fields(Token)].index("sealed_answer")
# The fields of a client that are columns, and so not in its document.
CLIENT_FIELDS = tuple(field.name for field in fields(Client) if field.name in client_table.columns)

Values = dict[str, Any]


@lru_cache(maxsize=1024)
def _scope_of(text: str) -> frozenset[str]:
    # Kept for the next grant of the scope: every request to a view reads one.
    return frozenset(json.loads(text))


def _allowed_by(scope: str, resources: str) -> tuple[frozenset[str], tuple[str, ...]]:
    # Most grants have no resources: then nothing is parsed.
    return _scope_of(scope), () if resources == "[]" else tuple(json.loads(resources))


def grant_of(row: Sequence[Any]) -> Grant:
    """Return the grant of a row of :data:`GRANT_COLUMNS`.

    If its scope or resources cannot be read, the grant has none, and its data is
    :data:`~...protocol.records.UNREADABLE`.
    """
    values = list(row)
    try:
        values[_SCOPE], values[_RESOURCES] = _allowed_by(values[_SCOPE], values[_RESOURCES])
    except (ValueError, TypeError, RecursionError) as error:
        log.error("The stored record of the grant %s cannot be read: %s", values[0], error)
        values[_SCOPE], values[_RESOURCES], values[_DATA] = frozenset(), (), UNREADABLE
    return Grant(*values)


def grant_values(grant: Grant) -> Values:
    """Return the columns of a grant."""
    values = {column.name: getattr(grant, column.name) for column in GRANT_COLUMNS}
    values["scope"] = json.dumps(sorted(grant.scope))
    values["resources"] = json.dumps(grant.resources)
    return values


def token_of(row: Sequence[Any]) -> Token:
    """Return the token of a row of :data:`TOKEN_COLUMNS`."""
    *values, sealed_until = row
    if values[_SEALED_ANSWER] is not None:
        values[_SEALED_ANSWER] = SealedAnswer(values[_SEALED_ANSWER], sealed_until)
    return Token(*values)


def token_values(token: Token) -> Values:
    """Return the columns of a token."""
    values = {field.name: getattr(token, field.name) for field in fields(Token)}
    # What is spent may have to be kept for longer, also for a grant that does not exist yet: a
    # purge checks that.
    return values | sealed_values(token.sealed_answer) | {"kept_until": token.expires_at}


def sealed_values(answer: SealedAnswer | None) -> Values:
    """Return the columns of a sealed answer, or of none."""
    return {
        "sealed_answer": answer.data if answer else None,
        "sealed_until": answer.expires_at if answer else None,
    }


def reference(ref: TokenRef) -> Values:
    """Return the parameters by which a statement finds a token."""
    return {"ref_kind": ref.kind, "ref_family": ref.family, "ref_digest": ref.digest}


def consent_of(row: Sequence[Any]) -> Consent:
    """Return the consent of a row of :data:`CONSENT_COLUMNS`; as :func:`grant_of` does."""
    subject, client_id, scopes, redirect_uri, created, expires, resources, version, data = row
    try:
        scope, allowed = _allowed_by(scopes, resources)
    except (ValueError, TypeError, RecursionError) as error:
        log.error("A stored consent to %s cannot be read: %s", client_id, error)
        scope, allowed, data = frozenset(), (), UNREADABLE
    return Consent(
        subject, client_id, scope, redirect_uri, created, expires, allowed, version, data or b""
    )


def consent_values(consent: Consent) -> Values:
    """Return the columns of a consent."""
    values: Values = {
        _consent_column(field.name): getattr(consent, field.name) for field in fields(Consent)
    }
    values["scopes"] = json.dumps(sorted(consent.scope))
    values["resources"] = json.dumps(consent.resources)
    return values


def entry_of(row: Sequence[Any]) -> Entry:
    """Return the entry of a row of :data:`ENTRY_COLUMNS`."""
    return Entry(*row)


def entry_values(entry: Entry) -> Values:
    """Return the columns of an entry."""
    return {column.name: getattr(entry, column.name) for column in ENTRY_COLUMNS}


def reservation_of(row: Sequence[Any]) -> Reservation:
    """Return the reservation of a row of :data:`RESERVATION_COLUMNS`."""
    return Reservation(*row)


def reservation_values(reservation: Reservation) -> Values:
    """Return the columns of a reservation."""
    return {column.name: getattr(reservation, column.name) for column in RESERVATION_COLUMNS}


def client_of(row: Any) -> Client:
    """Return the client of a row of the whole table."""
    columns = {name: getattr(row, name) for name in CLIENT_FIELDS}
    return stored_client(row.client_id, row.document, columns)


def client_values(client: Client) -> Values:
    """Return the columns of a client."""
    document = client_document(client)
    values = {name: document.pop(name) for name in CLIENT_FIELDS}
    return values | {
        "name_key": name_key(client.client_name),
        "deleted_at": None,
        "document": json.dumps(document),
    }


def tombstone_values(client_id: str, now: int) -> Values:
    """Return the columns of a deleted client: only its client_id is stored."""
    return {
        "client_id": client_id,
        "owner": None,
        "name_key": b"",
        "created_at": now,
        "updated_at": now,
        "disabled_at": None,
        "deleted_at": now,
        "version": 0,
        "epoch": 0,
        "document": "{}",
    }


def name_key(name: str) -> bytes:
    """Return the key by which a client's name is sorted and found, the same on every engine.

    Of a name longer than a client can be registered with, only the beginning is
    used.
    """
    return name.casefold().encode("utf-8", "surrogatepass")[:NAME_KEY_LENGTH]

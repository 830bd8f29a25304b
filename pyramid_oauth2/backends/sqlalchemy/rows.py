"""Records as rows, and rows as records.

A row is read by position, so each tuple of columns here is in the order of the
fields of its record.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import fields
from functools import lru_cache
from operator import attrgetter, itemgetter
from typing import Any, TypeVar

from ...protocol.clients.codecs import texts
from ...protocol.clients.document import client_document
from ...protocol.clients.stored import stored_client
from ...protocol.damaged_records import DAMAGED, check_times, nearest_time
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
_SCOPE, _RESOURCES = (
    [field.name for field in fields(Grant)].index(name) for name in ("scope", "resources")
)
_GRANT_NAMES, _TOKEN_NAMES = (
    tuple(field.name for field in fields(record)) for record in (Grant, Token)
)
_fields_of_grant, _fields_of_token = attrgetter(*_GRANT_NAMES), attrgetter(*_TOKEN_NAMES)
_SEALED_ANSWER = [field.name for field in fields(Token)].index("sealed_answer")
_TIMES = ("created_at", "issued_at", "expires_at", "absolute_end", "consumed_at", "revoked_at")
# The fields of a client that are columns, and so not in its document.
CLIENT_COLUMNS = tuple(client_table.columns.keys())
CLIENT_FIELDS = tuple(field.name for field in fields(Client) if field.name in client_table.columns)

Values = dict[str, Any]
Allowance = TypeVar("Allowance", Grant, Consent)


def _times(record: type[Any]) -> Callable[[Sequence[Any]], tuple[int | None, ...]]:
    names = [field.name for field in fields(record)]
    return itemgetter(*(names.index(name) for name in _TIMES if name in names))


_times_of_grant, _times_of_token, _times_of_consent = map(_times, (Grant, Token, Consent))


@lru_cache(maxsize=1024)
def _scope_of(text: str) -> frozenset[str]:
    # Kept for the next grant of the scope: every request to a view reads one.
    return frozenset(texts(json.loads(text)))


@lru_cache(maxsize=1024)
def _text_of_scope(scope: frozenset[str]) -> str:
    # Kept for the next grant of the scope.
    return json.dumps(sorted(scope))


def _resources_of(text: str) -> tuple[str, ...]:
    # Most grants have none: then nothing is parsed.
    return () if text == "[]" else texts(json.loads(text))


def grant_of(row: Sequence[Any]) -> Grant | None:
    """Return the grant of a row of :data:`GRANT_COLUMNS`.

    If what it allows or a time cannot be read, it allows nothing, and its data is
    :data:`~...protocol.records.UNREADABLE`. None if it cannot be read whose it is.
    """
    values = list(row)
    try:
        check_times(_times_of_grant(row))
        values[_SCOPE] = _scope_of(values[_SCOPE])
        values[_RESOURCES] = _resources_of(values[_RESOURCES])
        return Grant(*values)
    except DAMAGED as error:
        log.error("The stored record of the grant %r cannot be read: %s", values[0], error)
    return _allowing_nothing(Grant, row)


def _allowing_nothing(record: type[Allowance], row: Sequence[Any]) -> Allowance | None:
    values: Values = dict(zip((field.name for field in fields(record)), row, strict=True))
    for name in values.keys() & _TIMES:
        values[name] = None if values[name] is None else nearest_time(values[name])
    values |= {"scope": frozenset(), "resources": (), "data": UNREADABLE}
    try:
        return record(**values)
    except DAMAGED:
        return None


def grant_values(grant: Grant) -> Values:
    """Return the columns of a grant."""
    values = dict(zip(_GRANT_NAMES, _fields_of_grant(grant), strict=True))
    values["scope"] = _text_of_scope(grant.scope)
    values["resources"] = json.dumps(grant.resources) if grant.resources else "[]"
    return values


def token_of(row: Sequence[Any]) -> Token | None:
    """Return the token of a row of :data:`TOKEN_COLUMNS`; None if it cannot be read."""
    *values, sealed_until = row
    try:
        check_times(_times_of_token(row))
        if values[_SEALED_ANSWER] is not None:
            values[_SEALED_ANSWER] = SealedAnswer(values[_SEALED_ANSWER], int(sealed_until))
        return Token(*values)
    except DAMAGED as error:
        log.error("The stored record of a token of %r cannot be read: %s", values[1], error)
        return None


def token_values(token: Token) -> Values:
    """Return the columns of a token."""
    # With the names of the fields once: a new token takes 1 microsecond, not 2.7.
    values = dict(zip(_TOKEN_NAMES, _fields_of_token(token), strict=True))
    answer = token.sealed_answer
    values["sealed_answer"] = answer and answer.data
    values["sealed_until"] = answer and answer.expires_at
    # What is spent may have to be kept for longer, also for a grant that does not exist yet: a
    # purge checks that.
    values["kept_until"] = token.expires_at
    return values


def reference(ref: TokenRef) -> Values:
    """Return the parameters by which a statement finds a token."""
    return {"ref_kind": ref.kind, "ref_family": ref.family, "ref_digest": ref.digest}


def consent_of(row: Sequence[Any]) -> Consent | None:
    """Return the consent of a row of :data:`CONSENT_COLUMNS`; as :func:`grant_of` does."""
    subject, client_id, scopes, redirect_uri, created, expires, resources, version, data = row
    try:
        check_times(_times_of_consent(row))
        scope, allowed = _scope_of(scopes), _resources_of(resources)
        return Consent(
            subject, client_id, scope, redirect_uri, created, expires, allowed, version, data or b""
        )
    except DAMAGED as error:
        log.error("A stored consent to %r cannot be read: %s", client_id, error)
    return _allowing_nothing(Consent, row)


def consent_values(consent: Consent) -> Values:
    """Return the columns of a consent."""
    values: Values = {
        _consent_column(field.name): getattr(consent, field.name) for field in fields(Consent)
    }
    values["scopes"] = json.dumps(sorted(consent.scope))
    values["resources"] = json.dumps(consent.resources)
    return values


def entry_of(row: Sequence[Any]) -> Entry | None:
    """Return the entry of a row of :data:`ENTRY_COLUMNS`; None if it cannot be read."""
    try:
        return Entry(*row)
    except DAMAGED as error:
        log.error("A stored entry of %r cannot be read: %s", row[0], error)
        return None


def entry_values(entry: Entry) -> Values:
    """Return the columns of an entry."""
    return {column.name: getattr(entry, column.name) for column in ENTRY_COLUMNS}


def reservation_of(row: Sequence[Any]) -> Reservation:
    """Return the reservation of a row of :data:`RESERVATION_COLUMNS`."""
    return Reservation(*row)


def reservation_values(reservation: Reservation) -> Values:
    """Return the columns of a reservation."""
    return {column.name: getattr(reservation, column.name) for column in RESERVATION_COLUMNS}


def client_of(row: Sequence[Any]) -> Client:
    """Return the client of a row of the whole table."""
    columns = dict(zip(CLIENT_COLUMNS, row, strict=True))
    fields_of_columns = {name: columns[name] for name in CLIENT_FIELDS}
    return stored_client(columns["client_id"], columns["document"], fields_of_columns)


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

"""The records of an export, of any store: how they are identified, compared and named."""

from __future__ import annotations

import json
from collections.abc import Hashable
from dataclasses import replace
from typing import TypeAlias

from ..protocol.clients.document import client_document
from ..protocol.records import Client, Consent, Entry, Grant, Reservation, Token

Record: TypeAlias = Client | str | Consent | Entry | Grant | Token | Reservation


def kind_of(record: Record) -> str:
    """What it is counted as: the kind of a token, ``tombstone`` for a deleted client, ..."""
    match record:
        case str():
            return "tombstone"
        case Token():
            return record.kind
        case _:
            return type(record).__name__.lower()


def key_of(record: Record) -> Hashable:
    """The identity of a record, which is unique in a store."""
    match record:
        case str():
            return Client, record
        case Client():
            return Client, record.client_id
        case Consent():
            return Consent, record.subject, record.client_id
        case Entry():
            return Entry, record.namespace, record.key
        case Grant():
            return Grant, record.id
        case Token():
            return record.ref
        case Reservation():
            return Reservation, record.namespace, record.digest


def content_of(record: Record) -> Hashable:
    """What must be equal in two stores: everything except sealed answers.

    Those last for seconds, and a store may drop one as soon as it has expired.
    """
    match record:
        case Client():
            return json.dumps(client_document(record), sort_keys=True)
        case Token():
            return replace(record, sealed_answer=None)
        case _:
            return record


def name_of(record: Record) -> str:
    """A name by which an operator finds the record. Without a digest, since it may be logged."""
    match record:
        case str():
            return f"tombstone {record}"
        case Client():
            return f"client {record.client_id}"
        case Consent():
            return f"consent of {record.subject} to {record.client_id}"
        case Entry():
            # Without its key, which may be a digest.
            return f"entry in {record.namespace}"
        case Grant():
            return f"grant {record.id}"
        case Token():
            return f"{record.kind} of {record.family}"
        case Reservation():
            return f"reservation in {record.namespace}"


def end_of(record: Record) -> int | None:
    """When a store may drop it by itself, in UTC seconds; None for never.

    For a spent code this is its own end; the store keeps it until its grant has ended too.
    """
    return None if isinstance(record, Client | str) else record.expires_at

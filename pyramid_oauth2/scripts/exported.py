"""The records of an export, whichever store they are of: what they are, and when they end."""

from __future__ import annotations

import json
from collections.abc import Hashable
from dataclasses import replace
from typing import TypeAlias

from ..protocol.clients.document import client_document
from ..protocol.records import Client, Consent, Grant, Reservation, Token

Record: TypeAlias = Client | str | Consent | Grant | Token | Reservation


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
    """What no two records of one store have in common."""
    match record:
        case str():
            return Client, record
        case Client():
            return Client, record.client_id
        case Consent():
            return Consent, record.subject, record.client_id
        case Grant():
            return Grant, record.id
        case Token():
            return record.ref
        case Reservation():
            return Reservation, record.namespace, record.digest


def content_of(record: Record) -> Hashable:
    """What two stores must have alike, but for sealed answers.

    Those last for seconds, and a store may drop one as soon as it has ended.
    """
    match record:
        case Client():
            return json.dumps(client_document(record), sort_keys=True)
        case Token():
            return replace(record, sealed_answer=None)
        case _:
            return record


def name_of(record: Record) -> str:
    """What an operator finds it by. No digest: it would end in a log."""
    match record:
        case str():
            return f"tombstone {record}"
        case Client():
            return f"client {record.client_id}"
        case Consent():
            return f"consent of {record.subject} to {record.client_id}"
        case Grant():
            return f"grant {record.id}"
        case Token():
            return f"{record.kind} of {record.family}"
        case Reservation():
            return f"reservation in {record.namespace}"


def end_of(record: Record) -> int | None:
    """When a store may drop it by itself, in UTC seconds; None for never.

    Of a spent code this is its own end, which counts only if its grant has ended as well.
    """
    return None if isinstance(record, Client | str) else record.expires_at

"""How a client came to the server, and whether an operator has checked it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from ..messages import message as _
from ..records import Client
from .codecs import Codec
from .extra import into_extra, value_of
from .field import ClientField, Known, Option

OPERATOR = "operator"
OWNER = "owner"
REGISTERED = "registered"
DOCUMENT = "document"

SOURCES = (OPERATOR, OWNER, REGISTERED, DOCUMENT)
BY_ITSELF = frozenset({REGISTERED, DOCUMENT})
_VALUES = (OPERATOR, REGISTERED, DOCUMENT)
# What an earlier version wrote of a client that anyone can register.
_EARLIER = "self_registered"


def _known(server: Known, value: str) -> Iterator[str]:
    if value not in _VALUES:
        yield _("choose one of %(choices)s", choices=", ".join(_VALUES))


SOURCE = ClientField(
    "source",
    Codec.TEXT,
    "How it came here: `operator` (also for the clients of users, which have an owner), "
    "`registered` (it registered itself, RFC 7591) or `document` (a client ID metadata document). "
    "If it came by itself, users are asked each time, until an operator approves it.",
    OPERATOR,
    rule=_known,
    option=Option("--source", choices=_VALUES),
)

APPROVED = ClientField(
    "approved",
    Codec.BOOLEAN,
    "Whether an operator has checked a client that another party brought here. A change by that "
    "party ends it.",
    False,
    option=Option("--approved"),
)


def source_of(client: Client) -> str:
    """How a client came here: one of :data:`SOURCES`."""
    named: str = value_of(SOURCE, client)
    if named in BY_ITSELF:
        return named
    if client.owner is not None:
        return OWNER
    return REGISTERED if client.extra.get(_EARLIER) is True else OPERATOR


def is_unchecked(client: Client) -> bool:
    """Whether no operator has registered or approved the client: anyone may have written it."""
    return source_of(client) != OPERATOR and not value_of(APPROVED, client)


def is_a_stranger(client: Client) -> bool:
    """Whether it came by itself, and no operator has approved it: users are asked each time."""
    return source_of(client) in BY_ITSELF and is_unchecked(client)


def from_source(client: Client, source: str) -> Client:
    """The client, marked as one that came by itself.

    :param source: :data:`REGISTERED` or :data:`DOCUMENT`.
    """
    return _with_extra(client, {SOURCE.name: source})


def approved(client: Client, is_approved: bool = True) -> Client:
    """The client, as one that an operator has checked, or has not."""
    return _with_extra(client, {APPROVED.name: is_approved})


def _with_extra(client: Client, values: Mapping[str, Any]) -> Client:
    fields = {field.name: field for field in (SOURCE, APPROVED)}
    return replace(client, **into_extra(fields, values, client.extra))

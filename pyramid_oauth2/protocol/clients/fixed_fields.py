"""Fields that people have set of a client that came by itself: it does not change them any more.

RFC 7592 section 2.2 lets a client replace its whole registration, and a document is read again:
what an operator has limited would be back with the next request.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from ..records import Client
from .authentication_methods import METHOD, METHODS
from .codecs import Codec
from .extra import into_extra, value_of
from .field import ClientField, Known, Option
from .source import BY_ITSELF, source_of


def _fields_that_a_client_sets(
    server: Known, client: Client | None, changed: Client
) -> Iterator[str]:
    # Not of a record, which may name a field of a feature that is off now.
    if client is None:
        return
    known = {each.name for each in server.client_fields.values() if "registration" in each.set_by}
    named = set(value_of(FIXED, changed)) - set(value_of(FIXED, client))
    for name in sorted(named - known):
        choices = ", ".join(sorted(known))
        yield f"{name} is no field that a client sets itself: choose from {choices}"


FIXED = ClientField(
    "fixed_fields",
    Codec.TEXTS,
    "The fields that an operator or the owner has set, of a client that came by itself: it does "
    "not change them any more. An edit adds what it changes.",
    (),
    option=Option("--fixed-field", metavar="FIELD", words=True),
    change_rule=_fields_that_a_client_sets,
)

# One of them without the others could break a rule that the client cannot know of.
TOGETHER = (
    frozenset({"scope", "optional_scope"}),
    frozenset({"grant_types", "response_types"}),
    frozenset({"redirect_uris", "allowed_origins"}),
    frozenset({METHOD, METHODS.name, "jwks", "jwks_uri"}),
)


def with_fixed(
    fields: Mapping[str, ClientField], client: Client, changes: Mapping[str, Any]
) -> Mapping[str, Any]:
    """The changes that a person makes to a client, with the names of what they set by them.

    :param fields: all fields of clients.
    :param changes: values by field. If they name the fixed fields, those are meant.
    """
    if FIXED.name in changes or source_of(client) not in BY_ITSELF:
        return changes
    settable = [each for each in fields.values() if "registration" in each.set_by]
    differing = {
        each.name
        for each in settable
        if each.name in changes and changes[each.name] != value_of(each, client)
    }
    if not differing:
        return changes
    together = differing.union(*(group for group in TOGETHER if group & differing))
    return {**changes, FIXED.name: tuple(sorted(together.union(value_of(FIXED, client))))}


def without_fixed(client: Client, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The changes that a client makes to itself, without those of fixed fields."""
    kept = {*value_of(FIXED, client), FIXED.name}
    changed = {name: value for name, value in changes.items() if name not in kept}
    # As they are: what the client does fixes nothing.
    return {**changed, FIXED.name: value_of(FIXED, client)}


def with_those_of(fields: Mapping[str, ClientField], found: Client, stored: Client) -> Client:
    """A client as its document says, with what people have set of it.

    :param fields: all fields of clients.
    :param stored: what the store has of it now, which may be newer than what was found.
    """
    names = [name for name in (*value_of(FIXED, stored), FIXED.name) if name in fields]
    values = {name: value_of(fields[name], stored) for name in names}
    return replace(found, **into_extra(fields, values, found.extra))

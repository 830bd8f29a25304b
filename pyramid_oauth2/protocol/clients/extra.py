"""The fields that an application or an extension adds: their values are in ``Client.extra``.

There each is in its JSON form, so that every store can keep it, also of a field that
is no longer registered. A value that is the field's default is not stored.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from ..messages import message_of
from ..records import Client
from .field import ClientField, Known
from .metadata import BY_NAME


def added(fields: Mapping[str, ClientField]) -> Iterator[ClientField]:
    """Those of *fields* that were added to the fields of the record."""
    return (field for name, field in fields.items() if name not in BY_NAME)


def value_of(field: ClientField, client: Client) -> Any:
    """The value of any field of a client.

    A stored value that is not of the field's form, which may be older than the field,
    counts as the default.
    """
    if field.name in BY_NAME:
        return getattr(client, field.name)
    if field.name not in client.extra:
        return field.default
    try:
        return field.codec.read(client.extra[field.name])
    except TypeError:
        return field.default


def into_extra(
    fields: Mapping[str, ClientField], metadata: Mapping[str, Any], extra: Mapping[str, Any]
) -> dict[str, Any]:
    """Return *metadata* with the values of added fields moved into the record's ``extra``.

    :param extra: what the client has there now, if *metadata* does not say so.
    """
    values = {field.name: metadata[field.name] for field in added(fields) if field.name in metadata}
    if not values:
        return dict(metadata)
    present = dict(metadata.get("extra", extra))
    for name, value in values.items():
        present.pop(name, None)
        if value != fields[name].default:
            present[name] = fields[name].codec.write(value)
    rest = {name: value for name, value in metadata.items() if name not in values}
    return {**rest, "extra": present}


def form_problems(
    fields: Mapping[str, ClientField], metadata: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    """The values that are not of the form of their fields, as pairs of field and message."""
    for name in fields.keys() & metadata.keys():
        # The default may be None, for a client without the field.
        if metadata[name] != fields[name].default:
            try:
                fields[name].codec.read(fields[name].codec.write(metadata[name]))
            except TypeError as error:
                yield name, message_of(error)


def with_members(
    fields: Mapping[str, ClientField], client: Client, document: Mapping[str, Any]
) -> Client:
    """Return the client with what its document has for added fields beside ``extra``.

    Another program writes them there, as RFC 7591 does.
    """
    members = {name: document[name] for name in (f.name for f in added(fields)) if name in document}
    return replace(client, extra={**client.extra, **members}) if members else client


def extra_problems(
    server: Known, fields: Collection[ClientField], client: Client
) -> Iterator[tuple[str, str]]:
    """What is wrong with the values of the added *fields*, as pairs of field and message."""
    broken = set()
    for field in fields:
        for text in _problems(server, field, client):
            broken.add(field.name)
            yield field.name, text
    # A rule across fields sees no value that is not right by itself.
    sound = {name: value for name, value in client.extra.items() if name not in broken}
    client = replace(client, extra=sound)
    for field in fields:
        for found in field.client_rule(server, client) if field.client_rule else ():
            yield (field.name, found) if isinstance(found, str) else found


def changed_problems(
    server: Known, fields: Iterable[ClientField], client: Client, changed: Client
) -> Iterator[tuple[str, str]]:
    """What is wrong with those values of added *fields* that are not what they were."""
    for field in fields:
        if client.extra.get(field.name) != changed.extra.get(field.name):
            yield from ((field.name, text) for text in _problems(server, field, changed))


def change_problems(
    server: Known, fields: Iterable[ClientField], client: Client | None, changed: Client
) -> Iterator[tuple[str, str]]:
    """What is wrong with a change by itself, or with a registration, as pairs like the others.

    :param client: None if it is being registered.
    :param changed: its values are right by themselves.
    """
    for field in fields:
        if field.change_rule:
            yield from ((field.name, text) for text in field.change_rule(server, client, changed))


def _problems(server: Known, field: ClientField, client: Client) -> Iterator[str]:
    if field.name not in client.extra:
        return
    try:
        value = field.codec.read(client.extra[field.name])
    except TypeError as error:
        yield message_of(error)
        return
    yield from field.excess(value)
    yield from field.problems(server, value)

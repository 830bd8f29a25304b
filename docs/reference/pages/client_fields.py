"""``client-fields.md``: the fields of a client's metadata, from the table that declares them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from pyramid_oauth2.openid.client_fields import FIELDS as OPENID_FIELDS
from pyramid_oauth2.openid.default_max_age import DEFAULT_MAX_AGE
from pyramid_oauth2.openid.sectors import SECTOR_IDENTIFIER_URI
from pyramid_oauth2.openid.subject_type import SUBJECT_TYPE
from pyramid_oauth2.protocol.clients.field import ClientField
from pyramid_oauth2.protocol.clients.metadata import FIELDS

INTRODUCTION = """\
# Client fields

The metadata of a client: the members of its JSON document, which are also the attributes of
[`Client`](records.md#client) and the arguments of `request.oauth2.clients.add`. The names are those
of RFC 7591 where it has one. An application adds fields of its own with
[`config.add_oauth2_client_field`](directives.md#configadd_oauth2_client_field)."""


def page() -> str:
    """The page."""
    parts = [INTRODUCTION]
    parts += _fields(FIELDS)
    parts.append("The following are there with `oauth2.openid`.")
    parts += _fields((*OPENID_FIELDS, DEFAULT_MAX_AGE, SUBJECT_TYPE, SECTOR_IDENTIFIER_URI))
    return "\n\n".join(parts) + "\n"


def _fields(fields: Iterable[ClientField]) -> Iterator[str]:
    for field in sorted(fields, key=lambda field: field.name):
        yield from (f"## `{field.name}`", field.help, "\n".join(_facts(field)))


def _facts(field: ClientField) -> Iterator[str]:
    yield f"- Value: {field.codec.description}."
    yield f"- Default: `{json.dumps(field.codec.write(field.default))}`."
    if field.option:
        yield f"- Option of `poauth2 client add` and `client edit`: `{field.option.flag}`."
    if field.control:
        yield f"- On the pages of {'operators and users' if _own(field) else 'operators'}."
    if field.confidential:
        yield "- Only for confidential clients."
    if field.for_users:
        yield "- Without a meaning for a client that acts for itself alone."


def _own(field: ClientField) -> bool:
    return "owner" in field.set_by

"""The field ``subject_type`` of a client: by which kind of identifier it knows users.

OpenID Connect Core section 8, Dynamic Client Registration 1.0 section 2.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from ..protocol.clients.codecs import Codec
from ..protocol.clients.extra import value_of
from ..protocol.clients.field import ClientField, Control, Known, Option
from ..protocol.messages import message as _
from ..protocol.records import Client
from .sectors import sector_of

PUBLIC, PAIRWISE = "public", "pairwise"


def is_pairwise(client: Client) -> bool:
    """Whether a client knows users by identifiers that clients of other sectors do not know."""
    return bool(value_of(SUBJECT_TYPE, client) == PAIRWISE)


def subject_type_field(salted: bool) -> ClientField:
    """The field, of a server that has a salt or has none."""
    return replace(SUBJECT_TYPE, client_rule=partial(_can_be_pairwise, salted))


def _can_be_pairwise(salted: bool, server: Known, client: Client) -> Iterator[str]:
    if not is_pairwise(client):
        return
    if not salted:
        yield _(
            "this server makes no own identifiers: its operator writes a salt into "
            "oauth2.openid.pairwise_salt"
        )
    if sector_of(client) is None:
        yield _("its redirect URIs do not have one common host: name a sector_identifier_uri")


def _keeps_its_sector(server: Known, before: Client | None, client: Client) -> Iterator[str]:
    # A client keeps a sub for ever (Core section 2), and a grant has one (section 12.2).
    if before is None or not (is_pairwise(before) and is_pairwise(client)):
        return
    old, new = sector_of(before), sector_of(client)
    if old is not None and new != old:
        yield _(
            "all users would become strangers to it, since its host would be %(new)s and no "
            "longer %(old)s: name a sector_identifier_uri at %(old)s",
            old=old,
            new=new,
        )


SUBJECT_TYPE = ClientField(
    "subject_type",
    Codec.TEXT,
    "How it knows users: `public`, as every other client, or `pairwise`, by an identifier that "
    "clients of other sites do not know.",
    PUBLIC,
    change_rule=_keeps_its_sector,
    control=Control(
        "choice",
        _("Identifiers of users"),
        choices=(
            (PUBLIC, _("the same for all clients")),
            (PAIRWISE, _("its own, which other clients do not know")),
        ),
        folded=True,
    ),
    option=Option("--subject-type", choices=(PUBLIC, PAIRWISE)),
    for_users=True,
)
"""The field, for reading its value."""

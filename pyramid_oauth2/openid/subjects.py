"""By which identifier a client knows a user (OpenID Connect Core section 8)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator

from zope.interface import implementer

from ..interfaces.server import IServer
from ..interfaces.subjects import ISubjects
from ..jose.objects import encoded
from ..protocol.clients.codecs import Codec
from ..protocol.clients.extra import value_of
from ..protocol.clients.field import ClientField, Control, Known, Option
from ..protocol.messages import message as _
from ..protocol.records import Client, StoreUnavailable
from .pairwise_salt import PairwiseSalt
from .sectors import sector_of

PUBLIC, PAIRWISE = "public", "pairwise"


@implementer(ISubjects)
class Subjects:
    """The subject itself, or an identifier that clients of other sectors do not know."""

    def __init__(self, server: IServer, settings: object, salt: PairwiseSalt) -> None:
        self._server, self._salt = server, salt

    def subject_for(self, client: Client, subject: str) -> str:
        """The identifier of a user for a client.

        :raises StoreUnavailable: of a pairwise client it is not known what it was before.
        """
        if value_of(SUBJECT_TYPE, client) != PAIRWISE:
            return subject
        sector = sector_of(client)
        if sector is None:
            # Its record was written past the rules. The public subject would show too much.
            raise StoreUnavailable(f"The client {client.client_id} is pairwise, and has no sector.")
        return pairwise_subject(self._salt.checked(self._server), sector, subject)


def sub_of(server: IServer, client: Client, subject: str) -> str:
    """The ``sub`` of a user for a client of OpenID Connect (Core section 2).

    :raises StoreUnavailable: it is not ASCII, or is not known now.
    """
    sub = server.subject_for(client, subject)
    if not sub.isascii():
        raise StoreUnavailable(
            "A subject of the resource owners is not ASCII, so no client can sign the user in: "
            "return another one, such as a primary key, or register the client as pairwise."
        )
    return sub


def pairwise_subject(salt: str, sector: str, subject: str) -> str:
    """The identifier of a user for all clients of a sector: 43 characters of base64url.

    Neither the user nor the sector can be found out from it without the salt.
    """
    named = f"{sector}\0{subject}".encode()  # No host has a NUL.
    return encoded(hmac.digest(salt.encode(), named, hashlib.sha256))


def subject_type_field(salted: bool) -> ClientField:
    """The field, of a server that has a salt or has none."""

    def can_be_pairwise(server: Known, client: Client) -> Iterator[str]:
        if value_of(SUBJECT_TYPE, client) != PAIRWISE:
            return
        if not salted:
            yield _(
                "this server makes no own identifiers: its operator writes a salt into "
                "oauth2.openid.pairwise_salt"
            )
        if sector_of(client) is None:
            yield _("its redirect URIs do not have one common host: name a sector_identifier_uri")

    def keeps_its_sector(server: Known, before: Client | None, client: Client) -> Iterator[str]:
        # A client keeps a sub for ever (Core section 2), and a grant has one (section 12.2).
        if before is None or {value_of(SUBJECT_TYPE, each) for each in (before, client)} != {
            PAIRWISE
        }:
            return
        old, new = sector_of(before), sector_of(client)
        if old is not None and new != old:
            yield _(
                "all users would become strangers to it, since its host would be %(new)s and no "
                "longer %(old)s: name a sector_identifier_uri at %(old)s",
                old=old,
                new=new,
            )

    return ClientField(
        "subject_type",
        Codec.TEXT,
        "How it knows users: `public`, as every other client, or `pairwise`, by an identifier that "
        "clients of other sites do not know.",
        PUBLIC,
        client_rule=can_be_pairwise,
        change_rule=keeps_its_sector,
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


SUBJECT_TYPE = subject_type_field(salted=False)
"""The field, for reading its value."""

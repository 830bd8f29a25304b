"""By which identifier a client knows a user (OpenID Connect Core section 8)."""

from __future__ import annotations

import hashlib
import hmac

from zope.interface import implementer

from ..interfaces.server import IServer
from ..interfaces.subjects import ISubjects
from ..jose.objects import encoded
from ..protocol.records import Client, StoreUnavailable
from .pairwise_salt import PairwiseSalt
from .sectors import sector_of
from .subject_type import is_pairwise


@implementer(ISubjects)
class Subjects:
    """The subject itself, or an identifier that clients of other sectors do not know."""

    def __init__(self, server: IServer, settings: object, salt: PairwiseSalt) -> None:
        self._server, self._salt = server, salt

    def subject_for(self, client: Client, subject: str) -> str:
        """The identifier of a user for a client.

        :raises StoreUnavailable: of a pairwise client it is not known what it was before.
        """
        if not is_pairwise(client):
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

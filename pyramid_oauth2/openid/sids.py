"""By which identifier a client knows a session: the ``sid`` of ID tokens and logout tokens.

All clients of a session had the same: two that know a user by different identifiers would see by
it that the user is one (OpenID Connect Core sections 8.1 and 17.3). So a pairwise client gets one
of its sector. It is the ``sid``, encrypted: the session is found by it without another record.
"""

from __future__ import annotations

import hashlib

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ..interfaces.server import IServer
from ..jose.objects import decoded, encoded
from ..protocol.records import Client, StoreUnavailable
from .pairwise_salt import PairwiseSalt
from .sectors import sector_of
from .subject_type import is_pairwise

PREFIX = "p."
PURPOSE = b"pyramid_oauth2 pairwise sid"
KEY_LENGTH = 32
SECTOR_LENGTH = 16


class Sids:
    """The ``sid`` of a session, or one that clients of other sectors do not know."""

    def __init__(self, server: IServer, salt: PairwiseSalt) -> None:
        self._server, self._salt = server, salt

    def sid_for(self, client: Client, sid: str) -> str:
        """The ``sid`` of a session for a client: always the same.

        :raises StoreUnavailable: of a pairwise client it is not known what it was before.
        """
        if not is_pairwise(client):
            return sid
        sector = sector_of(client)
        if sector is None:
            raise StoreUnavailable(f"The client {client.client_id} is pairwise, and has no sector.")
        named = hashlib.sha256(sector.encode()).digest()[:SECTOR_LENGTH] + sid.encode()
        # RFC 5297: without a nonce, the same text gives the same; another one gives another.
        return PREFIX + encoded(self._cipher().encrypt(named, None))

    def sid_of(self, said: str) -> str:
        """The ``sid`` of the session that a client knows by *said*.

        :return: *said* itself if it is not one of a pairwise client.
        :raises StoreUnavailable: it is not known now.
        """
        if not self._salt.is_given or not said.startswith(PREFIX):
            return said
        try:
            named = self._cipher().decrypt(decoded(said.removeprefix(PREFIX)), None)
        except (InvalidTag, ValueError):
            # One that the application has drawn may begin like that.
            return said
        return named[SECTOR_LENGTH:].decode()

    def _cipher(self) -> AESSIV:
        kdf = HKDF(SHA256(), KEY_LENGTH, salt=None, info=PURPOSE)
        return AESSIV(kdf.derive(self._salt.checked(self._server).encode()))

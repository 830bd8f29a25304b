"""The salt of pairwise identifiers, which is fixed for life: another one stops the start."""

from __future__ import annotations

import hashlib
import hmac
from functools import partial

from ..interfaces.server import IServer
from ..protocol.lost_responses import until_known
from ..protocol.records import Entry, StoreUnavailable

NAMESPACE, KEY = "pairwise_salt", "digest"
PURPOSE = b"pyramid_oauth2 pairwise salt"


class WrongSalt(Exception):
    """It is not the salt of which identifiers were made; the message has the cure."""


class PairwiseSalt:
    """The salt in the settings, and its digest in the entry store of a server.

    All parts of a server share one, so that it is checked once in each process.

    :param salt: None if there is none.
    """

    def __init__(self, salt: str | None) -> None:
        self._salt = salt
        self._is_checked = False

    @property
    def is_given(self) -> bool:
        """Whether there is one."""
        return self._salt is not None

    def check(self, server: IServer) -> None:
        """See whether it is the one with which this store was used before; remember it.

        :raises WrongSalt: it is not.
        :raises StoreUnavailable: that is not known now.
        :raises pyramid.exceptions.ConfigurationError: the backend does not keep entries.
        """
        entries = server.entries
        stored = entries.get(NAMESPACE, KEY)
        if stored is None and self._salt is not None:
            entry = Entry(NAMESPACE, KEY, data=_digest(self._salt))
            until_known(partial(entries.put, entry, None))
            # Another process may have been faster, with another salt.
            stored = entries.get(NAMESPACE, KEY)
        digest = None if self._salt is None else _digest(self._salt)
        if stored is not None and stored.data != digest:
            raise WrongSalt(self._cure())
        self._is_checked = True

    def checked(self, server: IServer) -> str:
        """The salt, once it is known to be the right one.

        :raises StoreUnavailable: it is missing, or another one, or that is not known now.
        """
        if self._salt is None:
            raise StoreUnavailable(
                "A client is pairwise, and oauth2.openid.pairwise_salt is missing."
            )
        if not self._is_checked:
            try:
                self.check(server)
            except WrongSalt as error:
                raise StoreUnavailable(str(error)) from None
        return self._salt

    def _cure(self) -> str:
        wrong = "is missing" if self._salt is None else "is another one than before"
        return (
            f"oauth2.openid.pairwise_salt {wrong}: pairwise clients would know none of their users "
            "again. Write the salt with which this store was used first."
        )


def _digest(salt: str) -> bytes:
    return hmac.digest(salt.encode(), PURPOSE, hashlib.sha256).hex().encode()

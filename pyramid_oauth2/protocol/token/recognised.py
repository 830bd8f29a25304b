"""A string that looks like an access token of this server, as its format reads it."""

from __future__ import annotations

from dataclasses import dataclass

from ..records import TokenRef
from ..refusal import Refusal


@dataclass(frozen=True, slots=True)
class RecognisedToken:
    """What a format has read in a string, once for all that a request needs of it.

    It proves nothing: the record decides. A format whose tokens may be refused although their
    record is valid returns a subclass.

    :param ref: where the record is stored; None if the string cannot be an access token, since
        its end is missing for instance.
    """

    ref: TokenRef | None

    def refusal(self) -> Refusal | None:
        """Why a token whose record is valid is not valid nevertheless; None if it is."""
        return None

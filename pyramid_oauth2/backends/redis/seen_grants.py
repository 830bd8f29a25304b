"""The grants that were read a moment ago, for the redemption that follows in the same request.

A redemption needs of a grant what never changes (whose it is, and its absolute end), and which
spent tokens it remembers; the script refuses if these are others by then. So nothing is decided by
what is kept here; it saves a round trip.
"""

from __future__ import annotations

from typing import NamedTuple

from ...protocol.records import ACCESS_TOKEN, Grant, TokenRef

MOST = 256  # more than there are threads; a redemption may never follow


class SeenGrant(NamedTuple):
    """A grant, and the value of its key: to decode it again would take 6 us."""

    value: bytes
    grant: Grant


class SeenGrants:
    """Grants by family, each returned once. Threads may use it together."""

    def __init__(self) -> None:
        self._values: dict[str, SeenGrant] = {}

    def keep(self, ref: TokenRef, value: bytes | None, grant: Grant | None) -> None:
        """Keep a grant that was read together with a token, unless it cannot be read."""
        # An access token is not redeemed, and is read at every request to a view.
        if value is None or grant is None or ref.kind == ACCESS_TOKEN:
            return
        if len(self._values) >= MOST:
            self._values.clear()
        self._values[ref.family] = SeenGrant(value, grant)

    def taken(self, family: str) -> SeenGrant | None:
        """Return a grant, and forget it; None if it is not here."""
        return self._values.pop(family, None)

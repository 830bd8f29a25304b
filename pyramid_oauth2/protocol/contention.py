"""A loop of compare and swap that ends, also on a store whose swap never succeeds."""

from __future__ import annotations

from .records import StoreUnavailable

# Of those who change a record at the same time, one succeeds at each turn: so many at once
# change no record.
TRIES = 100


class Contention:
    """Counts the turns that were lost to others.

    ::

        contention = Contention("the consent")
        while not swap(read()):
            contention.lost()

    :param record: what is changed, for the message.
    """

    def __init__(self, record: str) -> None:
        self._record, self._left = record, TRIES

    def lost(self) -> None:
        """The swap failed, so it has to be tried again.

        :raises StoreUnavailable: after the last try.
        """
        self._left -= 1
        if not self._left:
            raise StoreUnavailable(
                f"{self._record} could not be changed in {TRIES} tries: each time the store "
                "answered that it had changed meanwhile"
            )

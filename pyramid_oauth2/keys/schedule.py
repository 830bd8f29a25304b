"""When a key is published, when it signs, and when it is gone."""

from __future__ import annotations

from dataclasses import dataclass

from ..protocol.lifetimes import LONGEST_SIGNED

MINUTE, DAY = 60, 86_400
MAX_AGE = 15 * MINUTE
CACHE = 30
MARGIN = 5 * MINUTE
"""Between the moment at which the last cache has a key, and that at which it signs."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """Times in seconds.

    :param rotation: for how long a key signs.
    :param announced: for how long it is published before.
    :param lifetime: how long the longest-lived JWT lives that it signs.
    :param max_age: for how long others may cache the published keys.
    :param cache: for how long a process uses what it has read from the store.
    :param margin: how far clocks may differ.
    :param recognised: for how long, at least, the public key is kept after it last signed, to
        recognise what is no longer valid.
    """

    rotation: float = 90 * DAY
    announced: float = DAY
    lifetime: float = LONGEST_SIGNED
    max_age: float = MAX_AGE
    cache: float = CACHE
    margin: float = MARGIN
    recognised: float = 0

    @property
    def kept(self) -> float:
        """For how long a key is published after it last signed."""
        # A process that has not read the new key yet may sign with the old one.
        return self.lifetime + self.max_age + self.cache + self.margin

    def scaled(self, factor: float) -> Schedule:
        """The same, in which every time is multiplied."""
        times = (
            self.rotation,
            self.announced,
            self.lifetime,
            self.max_age,
            self.cache,
            self.margin,
            self.recognised,
        )
        return Schedule(*(factor * time for time in times))

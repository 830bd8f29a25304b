"""The settings of the key ring."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..settings.declaration import setting
from ..settings.types import AUTHORIZATION_SERVER, lifetime
from .schedule import CACHE, DAY, MARGIN, MAX_AGE


@dataclass(frozen=True)
class KeySettings:
    """Keys that sign; they are made when the first JWT is signed."""

    rotation: int = setting(
        lifetime,
        90 * DAY,
        "How long a key signs before the next one takes its place.",
        mode=AUTHORIZATION_SERVER,
        signed=True,
        stored_keys=True,
    )
    announced: int = setting(
        lifetime,
        DAY,
        "How long a key is published before it signs. By then every application that caches the "
        "key set must have fetched it again.",
        mode=AUTHORIZATION_SERVER,
        signed=True,
        stored_keys=True,
    )

    def contradictions(self, settings: Any) -> Iterator[str]:
        """A key must be known everywhere before it signs, and sign for longer than that."""
        least = MAX_AGE + CACHE + MARGIN
        if self.announced < least:
            yield (
                f"oauth2.keys.announced = {self.announced} is too short: others cache the key set "
                f"for {MAX_AGE} seconds, so write {least} or more."
            )
        if self.rotation < 2 * self.announced:
            yield (
                f"oauth2.keys.rotation = {self.rotation} is too short: a key that is announced for "
                f"{self.announced} seconds has to sign for at least twice as long."
            )

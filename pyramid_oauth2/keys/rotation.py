"""What changes the key ring: one write each, which of several processes one makes."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ..interfaces.entries import IEntryStore
from ..jose.signing import PrivateKey
from ..protocol.server_secret import ServerSecret
from ..protocol.token_strings import RandomBytes
from .schedule import Schedule
from .signing_key import NAMESPACE, Ring, SigningKey

log = logging.getLogger(__name__)

PAGE = 100


@dataclass(frozen=True, slots=True)
class Rotation:
    """The keys in the entry store, and how they are sealed.

    Its methods return the ring as the store has it afterwards.
    """

    entries: IEntryStore
    secret: ServerSecret
    schedule: Schedule
    random: RandomBytes

    def read(self) -> Ring:
        """The ring; a record that this version of the server cannot read is left out."""
        keys = sorted(self._keys(), key=lambda key: (key.algorithm, key.generation))
        return Ring(tuple(keys))

    def _keys(self) -> Iterator[SigningKey]:
        cursor = None
        while True:
            page = self.entries.list(namespace=NAMESPACE, cursor=cursor, limit=PAGE)
            for entry in page.items:
                if (key := SigningKey.of(entry)) is None:
                    log.error("The signing key %s cannot be read", entry.key)
                else:
                    yield key
            if (cursor := page.cursor) is None:
                return

    def make(self, algorithm: str, ring: Ring, now: float, at_once: bool = False) -> Ring:
        """Make the next key of an algorithm, unless another process did since *ring* was read.

        :param at_once: whether it signs from now on. Applications that cache the key set may
            then refuse what it signs until they fetch the set again.
        """
        made = PrivateKey.made(algorithm)
        signs_now = at_once or not ring.of(algorithm)
        key = SigningKey(
            algorithm,
            ring.last_generation(algorithm) + 1,
            made.kid,
            made.public,
            b"",
            announced_at=now,
            active_from=now if signs_now else now + self.schedule.announced,
        )
        # Of two processes one inserts: the record is named by the generation.
        if self.entries.put(self._sealed(key, made.exported()).entry(), None):
            log.info("The key %s for %s signs from %d on", key.kid, algorithm, key.active_from)
        return self.read()

    def advance(self, algorithm: str, ring: Ring, now: float) -> Ring:
        """Announce the next key of an algorithm if it is time, and remove those that are gone."""
        if not ring.is_due(algorithm, now, self.schedule):
            return ring
        return self._cleared(self.make(algorithm, ring, now), now)

    def _cleared(self, ring: Ring, now: float) -> Ring:
        for key in ring.keys:
            gone_at = ring.gone_at(key, self.schedule)
            if gone_at is not None and gone_at <= now:
                self.entries.delete(NAMESPACE, key.name, key.version)
        return self.read()

    def revoke(self, kid: str, now: float) -> Ring | None:
        """Revoke a key; if none of its algorithm is left, the next one signs at once.

        :return: None if there is no such key.
        """
        while True:
            # Without the key that comes next, one that is gone would not be gone any more.
            ring = self._cleared(self.read(), now)
            key = next((key for key in ring.keys if key.kid == kid), None)
            if key is None:
                return None
            if key.revoked_at is None and not self._put(replace(key, revoked_at=now)):
                continue  # Another process has changed it; what it wrote must not be lost.
            ring = self.read()
            return ring if ring.of(key.algorithm) else self.make(key.algorithm, ring, now)

    def reseal(self) -> int:
        """Seal by the first secret what another one has sealed; return how many keys that were.

        :raises SecretMissing: a key was sealed by a secret that is not in the list.
        :raises ValueError: a sealed key was changed.
        """
        resealed = 0
        for key in self.read().keys:
            if not self.secret.is_sealed_by_the_first(key.sealed):
                # A key that was changed or deleted meanwhile is sealed again by the next call.
                resealed += self._put(self._sealed(key, key.private(self.secret)))
        return resealed

    def _sealed(self, key: SigningKey, private: bytes) -> SigningKey:
        return key.sealing(private, self.secret, self.random)

    def _put(self, key: SigningKey) -> bool:
        return self.entries.put(key.entry(), key.version)

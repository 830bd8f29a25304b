"""What changes the key ring: one write each, which of several processes one makes."""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass, replace

from ..interfaces.entries import IEntryStore
from ..jose.signing import PrivateKey
from ..protocol.contention import Contention
from ..protocol.listings import every
from ..protocol.lost_responses import until_put
from ..protocol.server_secret import SecretMissing, ServerSecret
from ..protocol.token_strings import RandomBytes
from .schedule import Schedule
from .signing_key import NAMESPACE, Ring, SigningKey, generation_of

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
        """The ring; of a record that this version of the server cannot read, its name alone."""
        keys, unreadable = [], []
        for entry in every(lambda at: self.entries.list(NAMESPACE, cursor=at, limit=PAGE)):
            if (key := SigningKey.of(entry)) is not None:
                keys.append(key)
                continue
            log.error("The signing key %s cannot be read", entry.key)
            with suppress(ValueError):
                unreadable.append(generation_of(entry))
        keys.sort(key=lambda key: (key.algorithm, key.generation))
        return Ring(tuple(keys), tuple(unreadable))

    def make(self, algorithm: str, ring: Ring, now: float, at_once: bool = False) -> Ring:
        """Make the next key of an algorithm, unless another process did since *ring* was read.

        :param at_once: whether it signs from now on. Applications that cache the key set may
            then refuse what it signs until they fetch the set again.
        """
        return self.add(PrivateKey.made(algorithm), ring, now, at_once)

    def add(self, private: PrivateKey, ring: Ring, now: float, at_once: bool = False) -> Ring:
        """Add a key as the next one of its algorithm, as :meth:`make`; clear what is gone."""
        algorithm = private.algorithm
        signs_now = at_once or ring.signing(algorithm, now) is None
        key = SigningKey(
            algorithm,
            ring.last_generation(algorithm) + 1,
            private.kid,
            private.public,
            b"",
            announced_at=now,
            active_from=now if signs_now else now + self.schedule.announced,
        )
        # Of two processes one inserts: the record is named by the generation.
        if self._put(self._sealed(key, private.exported()), None):
            log.info("The key %s for %s signs from %d on", key.kid, algorithm, key.active_from)
        return self._cleared(self.read(), now)

    def bring(self, private: PrivateKey, now: float, at_once: bool = False) -> SigningKey:
        """Add a key that was made elsewhere, also if another process makes the next one meanwhile.

        :return: the key as the ring has it.
        :raises StoreUnavailable: others were faster at each try.
        """
        contention = Contention("the key ring")
        while (key := (ring := self.read()).named(private.kid)) is None:
            self.add(private, ring, now, at_once)
            contention.lost()
        return key

    def advance(self, algorithm: str, ring: Ring, now: float) -> Ring:
        """Announce the next key of an algorithm if it is time."""
        return (
            self.make(algorithm, ring, now) if ring.is_due(algorithm, now, self.schedule) else ring
        )

    def _cleared(self, ring: Ring, now: float) -> Ring:
        changed = False
        for key in ring.keys:
            if ring.is_forgotten(key, now, self.schedule):
                changed |= self.entries.delete(NAMESPACE, key.name, key.version)
            elif key.sealed and ring.is_gone(key, now, self.schedule):
                changed |= self._put(replace(key, sealed=b""), key.version)
        return self.read() if changed else ring

    def revoke(self, kid: str, now: float) -> Ring | None:
        """Revoke a key; if none of its algorithm is left, the next one signs at once.

        :return: None if there is no such key.
        :raises StoreUnavailable: another process has changed it at each try.
        """
        contention = Contention("the key")
        while (key := self.read().named(kid)) is not None and key.revoked_at is None:
            if self._put(replace(key, revoked_at=now), key.version):
                break
            contention.lost()  # What another process wrote must not be lost.
        if key is None:
            return None
        ring = self.read()
        if ring.signing(key.algorithm, now) is None:
            return self.make(key.algorithm, ring, now)
        return self._cleared(ring, now)

    def reseal(self, now: float) -> tuple[int, list[str]]:
        """Seal by the first secret what another one has sealed.

        A key that is revoked or gone stays as it is: nothing is signed by it any more.

        :return: how many keys that were, and why each other one could not be opened.
        """
        resealed, failures, ring = 0, [], self.read()
        for key in ring.keys:
            ended = key.revoked_at is not None or ring.is_gone(key, now, self.schedule)
            if ended or self.secret.is_sealed_by_the_first(key.sealed):
                continue
            try:
                # A key that was changed or deleted meanwhile is sealed again by the next call.
                resealed += self._put(self._sealed(key, key.private(self.secret)), key.version)
            except (SecretMissing, ValueError) as error:
                failures.append(f"{key.kid}: {error}")
        return resealed, failures

    def _sealed(self, key: SigningKey, private: bytes) -> SigningKey:
        return key.sealing(private, self.secret, self.random)

    def _put(self, key: SigningKey, version: int | None) -> bool:
        # What a lost response has written is no lost race: a key that was made here is logged.
        return until_put(self.entries, key.entry(), version)

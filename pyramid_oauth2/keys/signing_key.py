"""A key of the ring, as its record has it, and the ring at one moment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..protocol.envelope import dumps, loads
from ..protocol.records import Entry
from ..protocol.server_secret import ServerSecret
from ..protocol.token_strings import RandomBytes
from .schedule import Schedule

NAMESPACE = "signing_keys"
PURPOSE = "signing keys"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key with the times at which it changes, in UTC seconds.

    When it stops to sign follows from the ``active_from`` of the next one.

    :param generation: counts the keys of an algorithm from 1. Its record is named by both, so
        that of several processes one makes the next key.
    :param public: its public JWK, with ``kid``, ``alg`` and ``use``.
    :param sealed: its private JWK, sealed by the secret of the server; empty once it is gone.
    :param version: of its record.
    """

    algorithm: str
    generation: int
    kid: str
    public: Mapping[str, str]
    sealed: bytes = field(repr=False)
    announced_at: float
    active_from: float
    revoked_at: float | None = None
    version: int = 0

    @property
    def name(self) -> str:
        """Of its record."""
        return f"{self.algorithm}.{self.generation}"

    @property
    def never_signed(self) -> bool:
        """Whether it was revoked before its time came."""
        return self.revoked_at is not None and self.revoked_at < self.active_from

    @property
    def context(self) -> str:
        """What its private part is sealed for: no other record can use it."""
        return f"{self.name} {self.kid}"

    def private(self, secret: ServerSecret) -> bytes:
        """The private JWK.

        :raises SecretMissing: it was sealed by a secret that is not in the list.
        :raises ValueError: it was changed, or is of another record.
        """
        return secret.open(PURPOSE, self.context, self.sealed)

    def sealing(self, private: bytes, secret: ServerSecret, random: RandomBytes) -> SigningKey:
        """The same key with its private JWK, sealed by the first secret."""
        return replace(self, sealed=secret.seal(PURPOSE, self.context, private, random))

    def entry(self) -> Entry:
        """The record."""
        members: dict[str, Any] = {
            "kid": self.kid,
            "public": dict(self.public),
            "sealed": self.sealed.hex(),
            "announced_at": self.announced_at,
            "active_from": self.active_from,
        }
        if self.revoked_at is not None:
            members["revoked_at"] = self.revoked_at
        return Entry(NAMESPACE, self.name, data=dumps(members), version=self.version)

    @classmethod
    def of(cls, entry: Entry) -> SigningKey | None:
        """The key of a record; None if this version of the server cannot read it."""
        members = loads(entry.data)
        try:
            algorithm, generation = generation_of(entry)
            return cls(
                algorithm=algorithm,
                generation=generation,
                kid=str(members["kid"]),
                public=dict(members["public"]),
                sealed=bytes.fromhex(members["sealed"]),
                announced_at=float(members["announced_at"]),
                active_from=float(members["active_from"]),
                revoked_at=float(members["revoked_at"]) if "revoked_at" in members else None,
                version=entry.version,
            )
        except (KeyError, TypeError, ValueError):
            return None


def generation_of(entry: Entry) -> tuple[str, int]:
    """The algorithm and the generation that a record is named by.

    :raises ValueError: it has another name.
    """
    algorithm, _, generation = entry.key.rpartition(".")
    return algorithm, int(generation)


@dataclass(frozen=True, slots=True)
class Ring:
    """Every key, by algorithm and generation.

    :param unreadable: the algorithm and generation of records that this version cannot read.
    """

    keys: tuple[SigningKey, ...] = ()
    unreadable: tuple[tuple[str, int], ...] = ()

    def named(self, kid: str) -> SigningKey | None:
        """The key of that name; None if there is none."""
        return next((key for key in self.keys if key.kid == kid), None)

    def of(self, algorithm: str) -> list[SigningKey]:
        """The keys of an algorithm that are not revoked, oldest first."""
        return [key for key in self.keys if key.algorithm == algorithm and key.revoked_at is None]

    def signing(self, algorithm: str, now: float) -> SigningKey | None:
        """The key that signs: the newest one whose time has come.

        If that is revoked, it is the first that is announced: never one that has retired, which
        others may not know any more.
        """
        newest = max((key.generation for key in self._begun(algorithm, now)), default=0)
        keys = [key for key in self.of(algorithm) if key.generation >= newest]
        active = [key for key in keys if key.active_from <= now]
        return active[-1] if active else keys[0] if keys else None

    def _begun(self, algorithm: str, now: float) -> Iterator[SigningKey]:
        """The keys of an algorithm that sign or have signed, also those that are revoked."""
        for key in self.keys:
            if key.algorithm == algorithm and key.active_from <= now and not key.never_signed:
                yield key

    def retired_at(self, key: SigningKey) -> float | None:
        """When a key stops to sign: as soon as the next one does; None if there is none yet."""
        later = (
            each.active_from
            for each in self.keys
            if each.algorithm == key.algorithm
            and each.generation > key.generation
            and not each.never_signed
        )
        return min(later, default=None)

    def gone_at(self, key: SigningKey, schedule: Schedule) -> float | None:
        """When nothing is valid any more that a key has signed; None if that is not known yet."""
        if key.revoked_at is not None:
            return key.revoked_at + schedule.kept
        retired_at = self.retired_at(key)
        return None if retired_at is None else retired_at + schedule.kept

    def is_gone(self, key: SigningKey, now: float, schedule: Schedule) -> bool:
        """Whether nothing is valid any more that a key has signed."""
        gone_at = self.gone_at(key, schedule)
        return gone_at is not None and gone_at <= now

    def is_forgotten(self, key: SigningKey, now: float, schedule: Schedule) -> bool:
        """Whether also its public key is needed no more, to recognise what it has signed."""
        retired_at = self.retired_at(key)
        if not self.is_gone(key, now, schedule):
            return False
        revoked = key.revoked_at is not None
        return revoked or retired_at is None or retired_at + schedule.recognised <= now

    def published(self, now: float, schedule: Schedule) -> Iterator[SigningKey]:
        """The keys of the key set: announced, signing, and those whose JWTs may be valid."""
        for key in self.keys:
            if key.revoked_at is None and not self.is_gone(key, now, schedule):
                yield key

    def state(self, key: SigningKey, now: float, schedule: Schedule) -> str:
        """The state of a key in one word, for those who operate the server."""
        if key.revoked_at is not None:
            return "revoked"
        if self.is_gone(key, now, schedule):
            return "gone"
        if self.signing(key.algorithm, now) == key:
            return "active"
        retired_at = self.retired_at(key)
        return "retired" if retired_at is not None and retired_at <= now else "announced"

    def last_generation(self, algorithm: str) -> int:
        """The newest generation of an algorithm, also of a record that is revoked or unreadable."""
        readable = ((key.algorithm, key.generation) for key in self.keys)
        taken = (*readable, *self.unreadable)
        return max((number for name, number in taken if name == algorithm), default=0)

    def is_due(self, algorithm: str, now: float, schedule: Schedule) -> bool:
        """Whether the next key of an algorithm has to be announced."""
        keys = self.of(algorithm)
        end = keys[-1].active_from + schedule.rotation if keys else now
        return end - schedule.announced <= now

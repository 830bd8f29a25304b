"""The key ring: the signer of a server whose keys are in its own store."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Iterable, Mapping

from zope.interface import implementer

from ..interfaces.server import IServer
from ..interfaces.signer import ISigner
from ..jose.signing import PrivateKey
from ..protocol.records import StoreUnavailable
from ..protocol.server_secret import SecretMissing, ServerSecret
from ..single_flight import SingleFlight
from ..startup_error import StartupError
from .rotation import Rotation
from .schedule import Schedule
from .signing_key import Ring, SigningKey

log = logging.getLogger(__name__)

ATTEMPTS = 3
UNKNOWN = 2
"""Seconds after which the store is read again for a key that is not known: anyone can name one."""


@implementer(ISigner)
class KeyRing:
    """Signs by keys that are in the entry store, sealed by the secret of the server.

    What is read from the store is used for ``schedule.cache`` seconds. If the store cannot be
    read then, the keys that are known go on: no token is issued without the grant store, and
    those that were issued stay as valid as they were.

    :param clock: returns the time in UTC seconds.
    :param expected: the algorithms by which something is going to be signed. No key set is
        published without a key for each of them: others cache it.
    """

    def __init__(
        self,
        server: IServer,
        secret: ServerSecret,
        schedule: Schedule,
        clock: Callable[[], float] = time.time,
        expected: Collection[str] = (),
    ) -> None:
        self._server = server
        self._secret = secret
        self._schedule = schedule
        self._clock = clock
        self._expected = frozenset(expected)
        self._flight = SingleFlight[Ring]()
        self._read: tuple[float, Ring] | None = None
        self._used = set(self._expected)
        self._opened: dict[str, PrivateKey] = {}

    @property
    def max_age(self) -> int:
        """For how many seconds others may cache the published keys."""
        return int(self._schedule.max_age)

    @property
    def rotation(self) -> Rotation:
        """What reads and changes the ring in the store.

        :raises pyramid.exceptions.ConfigurationError: the backend does not keep entries.
        """
        server = self._server
        return Rotation(server.entries, self._secret, self._schedule, server.random)

    def check(self) -> None:
        """See whether the secret opens every key that is in use.

        Of a store that cannot be read, the start warns by itself.

        :raises StartupError: it does not, or the backend does not keep entries.
        """
        try:
            ring, now = self.rotation.read(), self._clock()
        except StoreUnavailable:
            return
        for key in ring.keys:
            if key.revoked_at is None and not ring.is_gone(key, now, self._schedule):
                self._check_opens(key)

    def _check_opens(self, key: SigningKey) -> None:
        try:
            key.private(self._secret)
        except SecretMissing as missing:
            raise StartupError(
                f"The signing key {key.kid} cannot be used: {missing}. Add that secret at the end "
                "of oauth2.secret. To replace it: see 'poauth2 keys reseal'. If it is lost: "
                f"poauth2 INI keys revoke {key.kid}."
            ) from None
        except ValueError as error:
            raise StartupError(
                f"The signing key {key.kid} cannot be used: {error}. Revoke it: "
                f"poauth2 INI keys revoke {key.kid}."
            ) from None

    def key_for(self, algorithm: str) -> str:
        """The ``kid`` of the key that signs with an algorithm now.

        The first key of an algorithm is made here.

        :raises StoreUnavailable: the store cannot be read, and no key is known.
        """
        self._used.add(algorithm)
        key = self._ring().signing(algorithm, self._clock())
        if key is None:
            key = self._made_first(algorithm)
        return key.kid

    def sign(self, data: bytes, kid: str, algorithm: str) -> bytes:
        """The signature over *data*.

        :raises StoreUnavailable: this process does not have the secret of the key.
        """
        private = self._opened.get(kid)
        if private is None:
            private = self._opened[kid] = self._private(kid)
        return private.signature(data)

    def published(self) -> Iterable[Mapping[str, str]]:
        """The public keys of the key set."""
        ring = self._with_expected(self._ring())
        keys = ring.published(self._clock(), self._schedule)
        return [key.public for key in keys]

    def public_key(self, kid: str) -> Mapping[str, str] | None:
        """The public key of that name, also after it is gone; None if it is revoked or unknown."""
        key = self._ring().named(kid)
        if key is None:
            # A key that another process has just made may sign already: the first one, or the one
            # that follows a revoked one.
            key = self._ring(min(UNKNOWN, self._schedule.cache)).named(kid)
        return None if key is None or key.revoked_at is not None else key.public

    def is_revoked(self, kid: str) -> bool:
        """Whether a key was revoked, as far as this process has read."""
        key = self._ring().named(kid)
        return key is not None and key.revoked_at is not None

    def _with_expected(self, ring: Ring) -> Ring:
        """The ring with a key of each algorithm that is expected, if the store can be written."""
        for algorithm in sorted(self._expected):
            if ring.of(algorithm):
                continue
            try:
                self._made_first(algorithm)
                ring = self._ring()
            except StoreUnavailable as unavailable:
                # The keys that are there go on.
                if not ring.keys:
                    raise
                log.warning("No key for %s can be made: %s", algorithm, unavailable)
        return ring

    def _known(self) -> tuple[float, Ring] | None:
        # An empty ring is read each time: the first key is the only one that signs unannounced.
        read = self._read
        return read if read is not None and read[1].keys else None

    def _ring(self, max_age: float | None = None) -> Ring:
        """The ring as it was read at most *max_age* seconds ago, if the store can be read."""
        read = self._known()
        cache = self._schedule.cache if max_age is None else max_age
        if read is not None and self._is_fresh(read[0], cache):
            return read[1]
        # Only the first requests of a process wait for the store.
        return self._flight(lambda: self._refreshed(read), read[1] if read else None)

    def _is_fresh(self, read_at: float, cache: float) -> bool:
        # A clock that was ahead for a moment must not keep the ring until it is there again.
        return 0 <= self._clock() - read_at < cache

    def _refreshed(self, read: tuple[float, Ring] | None) -> Ring:
        now = self._clock()
        try:
            rotation = self.rotation
            ring = rotation.read()
        except StoreUnavailable:
            if read is None:
                raise
            ring = read[1]
        else:
            ring = self._advanced(rotation, ring, now)
        self._remember(now, ring)
        return ring

    def _advanced(self, rotation: Rotation, ring: Ring, now: float) -> Ring:
        """The ring with the next keys; as it is if the store cannot be written now."""
        try:
            for algorithm in sorted(self._used):
                if ring.of(algorithm):
                    ring = rotation.advance(algorithm, ring, now)
        except StoreUnavailable as unavailable:
            # The keys that are there go on, and a revocation that was read counts.
            log.warning("The next signing key cannot be made: %s", unavailable)
        return ring

    def _remember(self, now: float, ring: Ring) -> None:
        self._read = (now, ring)
        known = {key.kid for key in ring.keys}
        self._opened = {kid: key for kid, key in list(self._opened.items()) if kid in known}

    def _made_first(self, algorithm: str) -> SigningKey:
        attempts = 0

        def make() -> Ring:
            nonlocal attempts
            attempts += 1
            return self._with_first(algorithm)

        while attempts < ATTEMPTS:
            # Another thread may be reading, or making a key of another algorithm: such a flight
            # is none of these attempts.
            ring = self._flight(make)
            if (key := ring.signing(algorithm, self._clock())) is not None:
                return key
        raise StoreUnavailable(f"There is no signing key for {algorithm}.")

    def _with_first(self, algorithm: str) -> Ring:
        now, rotation = self._clock(), self.rotation
        ring = rotation.read()
        if ring.signing(algorithm, now) is None:
            ring = rotation.make(algorithm, ring, now)
        self._remember(now, ring)
        return ring

    def _private(self, kid: str) -> PrivateKey:
        key = self._ring().named(kid)
        if key is None:
            raise StoreUnavailable(f"The signing key {kid} is not in the store any more.")
        try:
            return PrivateKey.imported(key.algorithm, key.private(self._secret))
        except (SecretMissing, ValueError) as error:
            raise StoreUnavailable(f"The signing key {kid} cannot be used: {error}.") from None

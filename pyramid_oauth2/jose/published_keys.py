"""The keys that another party publishes at its ``jwks_uri``: fetched, cached, never trusted late.

A verifier that asked for each key that it does not know could be used to flood the party
that publishes; one that never asked would refuse what a new key signs.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from ..protocol.records import StoreUnavailable
from ..single_flight import NotShared, SingleFlight
from .objects import json_object
from .public_keys import KeySet, PublicKey

MAX_KEYS = 32
_MAX_AGE = re.compile(r"(?:^|[,\s])max-age=\"?(\d{1,9})\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Refreshing:
    """When a set is fetched again, in seconds.

    :param shortest: a set is used for at least so long, also if its headers say less.
    :param longest: and for at most so long.
    :param unknown: between two fetches because of a key that is not in the set.
    :param stale: for how long a set is still used when fetching it again fails.
    :param rest: between two fetches while there is no set to use, or one without keys.
    """

    shortest: float = 300
    longest: float = 86_400
    unknown: float = 60
    stale: float = 86_400
    rest: float = 2

    def scaled(self, factor: float) -> Refreshing:
        """The same, in which every time is multiplied."""
        times = (self.shortest, self.longest, self.unknown, self.stale, self.rest)
        return Refreshing(*(factor * time for time in times))


@dataclass(frozen=True, slots=True)
class Document:
    """A response with a JWK Set.

    :param cache_control: the header of that name (RFC 9111 section 5.2); empty if there is none.
    """

    body: bytes
    cache_control: str = ""


class NotAsked(StoreUnavailable):
    """The party was not asked, since too many are asked at this moment: it may be at once."""


def _always() -> bool:
    return True


@dataclass(frozen=True, slots=True)
class _Known:
    keys: KeySet
    fetched_at: float
    fresh_until: float


class PublishedKeys:
    """The keys of one party.

    :param name: what the set is, for messages: such as "The key set https://as.example/jwks".
    :param fetch: returns the document; raises StoreUnavailable if there is no usable response,
        and NotAsked if no request was sent.
    :param clock: returns the time in seconds; it never goes back.
    """

    def __init__(
        self,
        name: str,
        fetch: Callable[[], Document],
        refreshing: Refreshing | None = None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._name = name
        self._fetch = fetch
        self._times = refreshing or Refreshing()
        self._clock = clock
        self._flight = SingleFlight[_Known]()
        self._known: _Known | None = None
        self._tried_at = float("-inf")

    def fitting(
        self, kid: str | None, algorithm: str, may_fetch: Callable[[], bool] = _always
    ) -> tuple[PublicKey, ...]:
        """The keys that may have signed a JWT with that header.

        :param may_fetch: is called before the set is fetched, for a limit of the caller's own.
        :raises StoreUnavailable: the set is not known and cannot be fetched. What was signed
            cannot be verified then, so it is refused.
        """
        known = self._known
        if known is None or self._must_fetch(known, kid):
            known = self._fetched(known, kid, may_fetch)
        return known.keys.fitting(kid, algorithm)

    def _must_fetch(self, known: _Known, kid: str | None) -> bool:
        now = self._clock()
        missing = kid is not None and not known.keys.has(kid)
        if now < known.fresh_until and not missing:
            return False
        # Also after a failure: the party is asked once a minute, for all that is presented here. A
        # party without keys may be about to make its first one.
        pause = self._times.unknown if known.keys.keys else self._times.rest
        return now - self._tried_at >= pause or self._is_too_old(known, now)

    def _is_too_old(self, known: _Known, now: float) -> bool:
        return now - max(known.fresh_until, known.fetched_at) >= self._times.stale

    def _fetched(
        self, known: _Known | None, kid: str | None, may_fetch: Callable[[], bool]
    ) -> _Known:
        """The set after a fetch, by this thread or by the one that is fetching."""
        old = known is None or self._is_too_old(known, self._clock())
        # While another thread fetches, what is known is good enough until it has; a key that is
        # not known may be what it brings.
        usable = None if old or known is None or not known.keys.has(kid) else known
        try:
            return self._flight(lambda: self._newer(known, kid, may_fetch), usable)
        except NotShared:
            newer = self._known
            if newer is None or self._is_too_old(newer, self._clock()):
                raise
            return newer

    def _newer(
        self, known: _Known | None, kid: str | None, may_fetch: Callable[[], bool]
    ) -> _Known:
        newer = self._known
        if newer is not None and newer is not known and not self._must_fetch(newer, kid):
            return newer
        now = self._clock()
        usable = newer if newer is not None and not self._is_too_old(newer, now) else None
        if usable is None and now - self._tried_at < self._times.rest:
            raise StoreUnavailable(f"{self._name} could not be fetched a moment ago.")
        if not may_fetch():
            # A limit of this caller's own: with one that is used up, a stranger would else have
            # those refused who wait for it.
            raise NotShared(f"{self._name} is not asked for now.")
        try:
            document, keys = self._asked()
        except StoreUnavailable:
            if usable is not None:
                return usable
            raise
        self._known = _Known(keys, now, now + self._lifetime(document.cache_control))
        return self._known

    def _asked(self) -> tuple[Document, KeySet]:
        try:
            document = self._fetch()
            keys = self._keys(document.body)
        except NotAsked:
            raise
        except StoreUnavailable:
            # Counted from the end: the time that a silent party takes is no rest.
            self._tried_at = self._clock()
            raise
        self._tried_at = self._clock()
        return document, keys

    def _keys(self, body: bytes) -> KeySet:
        try:
            members = json_object(body)
        except ValueError as error:
            raise StoreUnavailable(f"{self._name} {error}.") from None
        jwks = members.get("keys")
        if not isinstance(jwks, list) or len(jwks) > MAX_KEYS:
            raise StoreUnavailable(f"{self._name} does not have 'keys', a list of {MAX_KEYS}.")
        return KeySet.of(jwks)

    def _lifetime(self, cache_control: str) -> float:
        found = _MAX_AGE.search(cache_control)
        wanted = float(found[1]) if found else self._times.shortest
        return min(max(wanted, self._times.shortest), self._times.longest)

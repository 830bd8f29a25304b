"""Throttling: which attempts are counted together, and what happens when there are too many.

RFC 6749 section 2.3.1: "the authorization server MUST protect any endpoint
utilizing it against brute force attacks", and the same in section 4.3.2 for
passwords. No guess is ever counted by client or user alone: otherwise an
attacker who guesses wrong would lock out the legitimate client or user everywhere.
A password that comes through a confidential client is counted by both: all its users
have that client's address. So guesses there refuse that user there, for a window at
most, and at no other client, nor at the application's own login.
"""

from __future__ import annotations

import hashlib
import json
import logging
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from .addresses import TRUST_THE_PROXY, is_hidden, source_network
from .errors import TemporarilyUnavailable
from .events import AttemptsThrottled, Emit
from .http import HTTPRequest
from .throttled import REFUSALS, WAIT
from .token.request import TokenRequest

log = logging.getLogger(__name__)

# Not empty once this process has logged the warning about a proxy that hides addresses.
_warned: set[str] = set()

PERIODS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
# How many times the limit of one name an address may use under different names:
# many people may share an address.
NAMES_PER_ADDRESS = 10
PREFIX = "oauth2:throttle:"

# These do not count by address, so a proxy makes no difference to them.
WITHOUT_ADDRESS = frozenset({"rotations", "registrations"})


@dataclass(frozen=True, slots=True)
class Limit:
    """A number of attempts from one source in a period, one of :data:`PERIODS`."""

    attempts: int
    period: str

    @property
    def seconds(self) -> int:
        """The length of the period."""
        return PERIODS[self.period]

    def __str__(self) -> str:
        return f"{self.attempts}/{self.period}"


class Counter(Protocol):
    """Counts attempts in windows of time. It never raises: every request passes through it."""

    def blocked_for(self, key: str) -> int:
        """For how many seconds the source is blocked, 0 if it is not. Does no I/O."""

    def count(self, key: str, seconds: int) -> int:
        """Count an attempt; return how many there are in this window of *seconds*."""

    def block(self, key: str, seconds: int) -> int:
        """Block the source until its window ends; return the seconds until then."""


class Uncounted:
    """The :class:`Counter` of a server that does not throttle."""

    def blocked_for(self, key: str) -> int:
        """0: no source is blocked."""
        return 0

    def count(self, key: str, seconds: int) -> int:
        """0: no attempt is counted."""
        return 0

    def block(self, key: str, seconds: int) -> int:
        """0: no source is blocked."""
        return 0


# Of what clients name elsewhere: of a user, and of an address.
FETCHES = Limit(10, "minute")


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt, which can be refused or counted.

    ``kind`` is a key of :data:`~.throttled.WAIT` and :data:`~.throttled.REFUSALS`. ``sources``
    maps the key of each source that the attempt counts for to the number of attempts allowed in
    ``seconds``.
    ``subject`` is the user whose attempts are counted, if they are counted by user.
    """

    kind: str
    seconds: int
    sources: Mapping[str, int]
    counter: Counter
    http: HTTPRequest
    emit: Emit = field(repr=False)
    subject: str | None = None

    def refuse_if_blocked(self) -> None:
        """Refuse the attempt before its credentials are checked, or guessing would go on. No I/O.

        :raises TemporarilyUnavailable: one of its sources is blocked (429).
        """
        self._refuse_for(max(map(self.counter.blocked_for, self.sources)))

    def count(self, client_id: str | None) -> int:
        """Count the attempt; a source with too many is blocked.

        :param client_id: the registered client of the attempt, for the event.
        :return: the seconds for which a source is blocked now, or 0.
        """
        counts = {key: self.counter.count(key, self.seconds) for key in self.sources}
        if any(counts.values()):
            self._warn_once()
        over = [key for key, let_through in self.sources.items() if counts[key] > let_through]
        if not over:
            return 0
        self.emit(
            AttemptsThrottled(
                limit=self.kind,
                client_id=client_id,
                remote_addr=self.http.remote_addr,
                subject=self.subject,
            )
        )
        return max(self.counter.block(key, self.seconds) for key in over)

    def count_or_refuse(self, client_id: str | None) -> None:
        """Count the attempt, and refuse it if it exceeds a limit.

        :raises TemporarilyUnavailable: it does (429).
        """
        self._refuse_for(self.count(client_id))

    def _warn_once(self) -> None:
        if self._is_hidden() and not _warned:
            _warned.add(self.kind)
            log.warning(
                "A proxy seems to hide where requests come from, so that failures of all the "
                "world are counted for one address: %s",
                TRUST_THE_PROXY,
            )

    def _is_hidden(self) -> bool:
        return self.kind not in WITHOUT_ADDRESS and is_hidden(self.http)

    def _refuse_for(self, seconds: int) -> None:
        if not seconds:
            return
        text = WAIT[self.kind].format(seconds=seconds)
        if self._is_hidden():
            text += (
                " (A proxy seems to hide where requests come from, so that all are counted "
                f"together: {TRUST_THE_PROXY})"
            )
        # RFC 6585 section 4: 429 "MAY include a Retry-After header".
        refusal = REFUSALS[self.kind].comparing(blocked_for=seconds)
        raise TemporarilyUnavailable(text, status=429, retry_after=seconds, refusal=refusal)


# Never compared or shown: the class takes 0.2 ms of a start less.
@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Throttle:
    """The limits of one server, and the attempts that count against them.

    ``fetches`` counts what the server fetches, if that is not ``counter``.
    """

    clients: Limit
    passwords: Limit
    rotations: Limit
    interactions: Limit
    registrations: Limit
    counter: Counter
    client_registrations: Limit = Limit(20, "hour")
    fetches: Counter | None = None

    def client_authentication(self, http: HTTPRequest, client_id: str, emit: Emit) -> Attempt:
        """An attempt to authenticate as a client; the caller counts those that fail."""
        limit, place = self.clients, source_network(http.remote_addr)
        sources = {
            _key("clients", place, client_id): limit.attempts,
            _key("clients", place): limit.attempts * NAMES_PER_ADDRESS,
        }
        return Attempt("clients", limit.seconds, sources, self.counter, http, emit)

    def password(self, request: TokenRequest, username: str) -> Attempt:
        """An attempt to authenticate as a user (RFC 6749 section 4.3.2); failures are counted."""
        limit, http = self.passwords, request.http
        user = _folded(username)
        if request.client.public:
            place = source_network(http.remote_addr)
            sources = {
                _key("passwords", "address", place, user): limit.attempts,
                _key("passwords", "address", place): limit.attempts * NAMES_PER_ADDRESS,
            }
        else:
            # The client is a server used by many users, so its address does not identify one.
            # Nothing else does: without this count, a guess through it would not be limited.
            sources = {_key("passwords", "client", request.client.client_id, user): limit.attempts}
        return Attempt("passwords", limit.seconds, sources, self.counter, http, request.emit)

    def rotation(self, request: TokenRequest, grant_id: str) -> Attempt:
        """A refresh; those that succeed are counted.

        The last one that the limit allows is answered and blocks the next one:
        a refresh token that has been spent can no longer be refused.
        """
        limit = self.rotations
        # Of all sources only this one is our own text, so it is not hashed: 2 microseconds.
        sources = {f"{PREFIX}rotations:{grant_id}": limit.attempts - 1}
        return Attempt(
            "rotations", limit.seconds, sources, self.counter, request.http, request.emit
        )

    def interaction(self, http: HTTPRequest, emit: Emit) -> Attempt:
        """An authorization request that is to be stored for a user who is not signed in."""
        limit = self.interactions
        sources = {_key("interactions", source_network(http.remote_addr)): limit.attempts}
        return Attempt("interactions", limit.seconds, sources, self.counter, http, emit)

    def fetch(self, http: HTTPRequest, subject: str, emit: Emit) -> Attempt:
        """A request of ours to another server, for an authorization request of a user."""
        limit, place = FETCHES, source_network(http.remote_addr)
        sources = {
            _key("fetches", "user", subject): limit.attempts,
            _key("fetches", "address", place): limit.attempts,
        }
        return Attempt("fetches", limit.seconds, sources, self.fetches or self.counter, http, emit)

    def fetch_for_client(self, http: HTTPRequest, emit: Emit) -> Attempt:
        """A request of ours to another server, for a request of a client to one of ours."""
        sources = {_key("fetches", "address", source_network(http.remote_addr)): FETCHES.attempts}
        return Attempt(
            "fetches", FETCHES.seconds, sources, self.fetches or self.counter, http, emit
        )

    def registration(self, http: HTTPRequest, subject: str, emit: Emit) -> Attempt:
        """The registration of a user's own client, which leaves a tombstone when it is deleted.

        Counted by user alone: an attacker who is signed in as another user can
        already do worse than exhaust this limit.
        """
        limit = self.registrations
        sources = {_key("registrations", subject): limit.attempts}
        return Attempt("registrations", limit.seconds, sources, self.counter, http, emit, subject)

    def client_registration(self, http: HTTPRequest, emit: Emit) -> Attempt:
        """The registration of a client by itself (RFC 7591)."""
        limit = self.client_registrations
        key = _key("client_registrations", source_network(http.remote_addr))
        sources = {key: limit.attempts}
        return Attempt("client_registrations", limit.seconds, sources, self.counter, http, emit)


def _folded(username: str) -> str:
    # An application may accept other spellings of the same user name, and
    # names with invisible characters in them.
    seen = "".join(each for each in username if unicodedata.category(each) != "Cf")
    return unicodedata.normalize("NFKC", seen.strip()).casefold()


def _key(kind: str, *source: str) -> str:
    # Hashed: a value typed as a name may be a secret entered in the wrong field.
    digest = hashlib.sha256(json.dumps(source).encode()).hexdigest()
    return f"{PREFIX}{kind}:{digest}"

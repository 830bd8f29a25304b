"""Client secrets: how they are stored, and checked in a time that reveals nothing.

A secret that the server generated has 256 random bits, so SHA-256 is enough. A
secret that a person chose is stored as argon2id (extra ``argon2``). Which of
the two a check costs depends only on the form of the presented secret, never on
whether the client exists or how its secret is stored. Only for a client with
two secrets that people chose, during a rotation, does a check cost argon2id twice.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from ..records import ClientSecret
from ..token_strings import digest, is_client_secret

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHA256 = "sha256"
ARGON2ID = "argon2id"
MAX_SECRET = 1024

# As argon2 writes it (a PHC string). The parameters are those of the digest, so they are
# limited: an unauthenticated caller makes the server spend that much memory and time.
CHOSEN = re.compile(
    rb"\$argon2id\$v=19\$m=([0-9]{1,6}),t=([0-9]{1,2}),p=([0-9]{1,2})"
    rb"\$[A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{16,86}"
)


class UnusableSecret(ValueError):
    """A secret that cannot be stored; the message says why and what to do."""


def is_digest(secret: ClientSecret) -> bool:
    """Whether the digest has the form that its scheme gives it."""
    if secret.scheme == ARGON2ID:
        found = CHOSEN.fullmatch(secret.digest)
        return found is not None and all(map(int, found.groups()))
    return secret.scheme == SHA256 and len(secret.digest) == 32


def check_secret(secret: str) -> None:
    """Refuse what no client can have as a secret.

    :raises UnusableSecret: it is empty, too long, contains a NUL, or cannot be UTF-8.
    """
    if not _checkable(secret):
        raise UnusableSecret(f"a secret is Unicode text of 1 to {MAX_SECRET} characters, no NUL")


def keep_secret(secret: str, now: int, expires_at: int | None = None) -> ClientSecret:
    """Return the record of a secret: a digest, and how it was computed.

    :raises UnusableSecret: it is empty, too long or contains a NUL, or a person
        chose it and argon2 is not installed.
    """
    check_secret(secret)
    if is_client_secret(secret):
        return ClientSecret(digest(secret), SHA256, now, expires_at)
    hasher = _hasher()
    if hasher is None:
        raise UnusableSecret(
            "a secret that this server did not make is kept as argon2id, which needs a package: "
            "pip install argon2-cffi; or leave the secret to the server"
        )
    return ClientSecret(hasher.hash(secret).encode(), ARGON2ID, now, expires_at)


def live_secrets(secrets: Iterable[ClientSecret], now: int) -> tuple[ClientSecret, ...]:
    """Return those of *secrets* that are valid at *now*, in UTC seconds.

    Their order is preserved: a rotation puts the newest first.
    """
    return tuple(s for s in secrets if s.expires_at is None or now < s.expires_at)


def verify_secret(presented: str, secrets: Iterable[ClientSecret], now: int) -> bool:
    """Whether *presented* is one of the secrets that are valid at *now*.

    For an unknown client, *secrets* is empty and the work is the same.
    """
    if not _checkable(presented):
        return False
    live = live_secrets(secrets, now)
    if is_client_secret(presented):
        mine = digest(presented)
        # All are compared first, since any() over a generator would stop at the first match.
        matches = [hmac.compare_digest(s.digest, mine) for s in live if s.scheme == SHA256]
        return any(matches)
    return _verify_chosen(presented, [s.digest for s in live if s.scheme == ARGON2ID])


def _verify_chosen(presented: str, digests: list[bytes]) -> bool:
    hasher = _hasher()
    if hasher is None:
        return False
    from argon2.exceptions import InvalidHashError, VerificationError

    matched = False
    for known in digests or [_nobodys_secret()]:
        try:
            matched = hasher.verify(known, presented) or matched
        except (VerificationError, InvalidHashError):
            continue
    return matched and bool(digests)


def _checkable(secret: str) -> bool:
    # Some hashes stop at a NUL, or cost more for a longer secret. A lone surrogate,
    # which Python makes from undecodable bytes on a terminal, cannot be encoded.
    if not isinstance(secret, str) or not 0 < len(secret) <= MAX_SECRET or "\0" in secret:
        return False
    return secret.isascii() or not any("\ud800" <= each <= "\udfff" for each in secret)


@cache
def _hasher() -> PasswordHasher | None:
    try:
        from argon2 import PasswordHasher
    except ImportError:
        return None
    # OWASP's first choice for argon2id: about 20 ms, and 19 MiB of memory that an
    # unauthenticated caller can make the server use for each request.
    return PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


@cache
def _nobodys_secret() -> bytes:
    hasher = _hasher()
    assert hasher is not None
    return hasher.hash("nobody has this secret").encode()


def newest_secret(secrets: tuple[ClientSecret, ...], now: int) -> tuple[ClientSecret, ...]:
    """The newest secret that is valid at *now*, if there is one.

    It is the first one, because a rotation puts the new secret first. Times are
    not compared: the clocks of two processes may differ.
    """
    return live_secrets(secrets, now)[:1]


def ending(secrets: tuple[ClientSecret, ...], now: int, end: int) -> tuple[ClientSecret, ...]:
    """The newest secret, ending at *end*: with the new one, at most two are valid at once."""
    if end <= now:
        return ()
    return tuple(
        replace(s, expires_at=min(end, s.expires_at or end)) for s in newest_secret(secrets, now)
    )

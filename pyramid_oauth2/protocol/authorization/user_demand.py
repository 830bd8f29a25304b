"""Which user a request wants, and how they have to be authenticated."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

LONGEST_AGE = 999_999_999
"""The most seconds that a ``max_age`` may have: 31 years."""


@dataclass(frozen=True, slots=True)
class UserDemand:
    """What must be true of the user, or they have to log in, or to change the account.

    :param sub: who it is, as the client knows them (OpenID Connect Core section 8).
    :param acr: the authentication context classes of which one is needed, in order of preference;
        empty: any.
    :param max_age: how many seconds ago they may have logged in; None: at any time.
    :param default_max_age: the same, for a request without a ``max_age`` of its own.
    :param preferred_acr: classes that are not needed, in order of preference: the login page gets
        them with those of the parameter ``acr_values``.
    """

    sub: str | None = None
    acr: Collection[str] = ()
    max_age: int | None = None
    default_max_age: int | None = None
    preferred_acr: Collection[str] = ()

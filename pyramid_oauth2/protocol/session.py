"""One login of a user, and the clients at which they have signed in with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class SignIn:
    """A client at which a user has signed in.

    :param at: when they did so last, in UTC seconds.
    """

    client_id: str
    at: int


@dataclass(frozen=True, slots=True)
class Session:
    """What one login of a user was used for, as far as clients have asked for it.

    :param sid: its identifier, which clients know (OpenID Connect Front-Channel Logout section 3).
    :param began_at: when the first client signed the user in, in UTC seconds.
    :param auth_time: when the user authenticated last; None if that is not known.
    :param sign_ins: at most 100, the latest first.
    :param of_application: whether the ``sid`` is one of the application's own.
    :param browser: a digest that identifies the browser of the last sign-in, and the user.
    :param others: the members that a later version of the server wrote.
    """

    subject: str
    sid: str = field(repr=False)
    began_at: int
    auth_time: int | None
    sign_ins: tuple[SignIn, ...]
    of_application: bool = False
    browser: str = field(default="", repr=False, compare=False)
    others: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

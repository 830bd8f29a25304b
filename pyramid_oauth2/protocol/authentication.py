"""How a user authenticated: the event behind a grant (OpenID Connect Core section 2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .envelope import Members, NotUnderstood


@dataclass(frozen=True, slots=True)
class Authentication:
    """How and when the user of a grant authenticated, as far as the application says.

    :param auth_time: when, in UTC seconds.
    :param acr: the authentication context class reference.
    :param amr: the methods, by the names of RFC 8176.
    :param sid: the identifier of the session in which it was.
    :raises TypeError: a value is of another type; a fraction of ``auth_time`` is dropped.
    """

    auth_time: int | None = None
    acr: str | None = None
    amr: tuple[str, ...] = ()
    sid: str | None = None

    def __post_init__(self) -> None:
        if isinstance(self.auth_time, float):
            object.__setattr__(self, "auth_time", int(self.auth_time))
        if not isinstance(self.auth_time, int | None) or isinstance(self.auth_time, bool):
            raise TypeError("auth_time is a number of seconds, or None")
        if not isinstance(self.acr, str | None) or not isinstance(self.sid, str | None):
            raise TypeError("acr and sid are text, or None")
        if not isinstance(self.amr, tuple) or not all(isinstance(each, str) for each in self.amr):
            raise TypeError("amr is a tuple of text")

    def members(self) -> dict[str, Any]:
        """As JSON members; one without a value is left out."""
        members = {
            "auth_time": self.auth_time,
            "acr": self.acr,
            "amr": list(self.amr),
            "sid": self.sid,
        }
        return {name: value for name, value in members.items() if value not in (None, [])}

    @classmethod
    def of(cls, members: Any) -> Authentication:
        """From JSON members; those that this version does not know are ignored.

        :raises NotUnderstood: one is not of its type.
        """
        known, _ = _MEMBERS.split(members)
        amr = known.pop("amr", [])
        if not isinstance(amr, list) or not all(isinstance(each, str) for each in amr):
            raise NotUnderstood("cannot be read by this version of the server")
        return cls(amr=tuple(amr), **known)


_MEMBERS = Members.of(Authentication)


def authentication_of(members: Mapping[str, Any]) -> Authentication | None:
    """The ``authentication`` among the members of a record; None if there is none.

    :raises NotUnderstood: it cannot be read.
    """
    found = members.get("authentication")
    return None if found is None else Authentication.of(found)

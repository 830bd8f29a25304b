"""The users, from lines of the ini, as resource owners for pyramid_oauth2."""

from __future__ import annotations

import hmac
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from pyramid_oauth2 import Authentication, Request


@dataclass(frozen=True)
class User:
    """A user who can log in."""

    name: str
    password: str = field(repr=False)
    groups: tuple[str, ...] = ()

    @property
    def principals(self) -> tuple[str, ...]:
        """The groups, as an ACL names them."""
        return tuple(f"group:{group}" for group in self.groups)


class Users:
    """All users by name. Its methods are those of ``IResourceOwners``.

    A real application would query its own tables here.
    """

    def __init__(self, users: Mapping[str, User]) -> None:
        self._users = users

    @classmethod
    def from_ini(cls, text: str) -> Users:
        """Parse lines of ``name = password group ...``."""
        users = {}
        for line in filter(None, map(str.strip, text.splitlines())):
            name, _, rest = (part.strip() for part in line.partition("="))
            if not name or not rest:
                raise ValueError(f"demo.users: write 'name = password group ...', not {name!r}")
            password, *groups = rest.split()
            users[name] = User(name, password, tuple(groups))
        return cls(users)

    def get(self, name: str | None) -> User | None:
        """The user of that name."""
        return self._users.get(name or "")

    def authenticate(self, request: Request, username: str, password: str) -> str | None:
        """The subject, if the password is right."""
        user = self.get(username)
        # Compared also for an unknown user, so that the time does not reveal it.
        expected = user.password if user else ""
        right = hmac.compare_digest(expected.encode(), password.encode())
        return user.name if user and right else None

    def exists(self, subject: str) -> bool:
        """Whether a user has that subject: no client may have it as its client_id."""
        return subject in self._users

    def authentication(self, request: Request) -> Authentication | None:
        """When the signed-in user logged in, and how."""
        at = request.registry["demo.policy"].logged_in_at(request)
        return None if at is None else Authentication(at, amr=("pwd",))

    def claims(self, subject: str, names: Collection[str]) -> dict[str, Any]:
        """What other applications may know about a user, once the user has allowed it."""
        user = self.get(subject)
        if user is None:
            return {}
        return {
            "name": user.name.title(),
            "preferred_username": user.name,
            "email": f"{user.name}@example.com",
            # No mail was sent there, so another application must not rely on it.
            "email_verified": False,
        }

    def identity(self, request: Request, subject: str) -> User | None:
        """The user whom a token authenticates."""
        return self.get(subject)

    def principals(self, request: Request, subject: str) -> tuple[str, ...]:
        """The groups of the user whom a token authenticates."""
        user = self.get(subject)
        return user.principals if user else ()

"""Initial access tokens: who has one may register clients (RFC 7591 section 1.2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from ...interfaces.server import IServer
from ...protocol.contention import Contention
from ...protocol.envelope import Members, NotUnderstood, dumps
from ...protocol.listings import every
from ...protocol.lost_responses import until_known, until_put
from ...protocol.records import Entry
from ...protocol.token_strings import (
    FAMILY_LENGTH,
    digest,
    is_initial_access_token,
    new_initial_access_token,
    random_text,
)
from .policy import Policy

NAMESPACE = "initial_access_token"
ID_LENGTH = 12


@dataclass(frozen=True, slots=True)
class InitialAccessToken:
    """An initial access token, without its string.

    :param key: its digest, in hexadecimal digits.
    :param label: for the operator.
    :param left: how many clients it can still register.
    :param expires_at: in UTC seconds.
    :param spent_by: which registration was counted last.
    :param others: the members that a later version wrote.
    """

    key: str = field(repr=False)
    policy: Policy
    label: str
    left: int
    created_at: int
    expires_at: int
    version: int | None = None
    spent_by: str = ""
    others: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def id(self) -> str:
        """By which an operator names it."""
        return self.key[:ID_LENGTH]

    def entry(self) -> Entry:
        """The record."""
        members = {
            **self.others,
            "policy": self.policy.members(),
            "label": self.label,
            "left": self.left,
            "created_at": self.created_at,
            "spent_by": self.spent_by,
        }
        return Entry(NAMESPACE, self.key, data=dumps(members), expires_at=self.expires_at)


def _read(entry: Entry) -> InitialAccessToken | None:
    try:
        members, others = _MEMBERS.read(entry.data)
        return InitialAccessToken(
            key=entry.key,
            policy=Policy.read(members["policy"]),
            label=members["label"],
            left=members["left"],
            created_at=members["created_at"],
            expires_at=entry.expires_at or 0,
            version=entry.version,
            spent_by=members["spent_by"],
            others=others,
        )
    except (NotUnderstood, KeyError, TypeError):
        return None


_TYPES = {"policy": object, "label": str, "left": int, "created_at": int, "spent_by": str}
_MEMBERS = Members(_TYPES, frozenset(_TYPES))


class InitialAccessTokens:
    """The initial access tokens of a server."""

    def __init__(self, server: IServer) -> None:
        self._server = server

    def add(self, policy: Policy, lifetime: int, count: int, label: str = "") -> str:
        """Make one; return its string, which is not stored.

        :param lifetime: in seconds.
        :param count: how many clients it can register.
        """
        value, now = new_initial_access_token(self._server.random), self._server.clock()
        made = InitialAccessToken(_key(value), policy, label, count, now, now + lifetime)
        until_put(self._server.entries, made.entry(), None)
        return value

    def list(self) -> Iterator[InitialAccessToken]:
        """Those that can still be used."""
        now, listing = self._server.clock(), self._server.entries.list
        for entry in every(lambda cursor: listing(NAMESPACE, cursor=cursor)):
            found = _read(entry)
            if found is not None and found.left and now < found.expires_at:
                yield found

    def revoke(self, name: str) -> int:
        """Remove those whose id is *name*; return how many there were."""
        named = [each for each in self.list() if each.id == name]
        for each in named:
            until_known(partial(self._server.entries.delete, NAMESPACE, each.key))
        return len(named)

    def find(self, value: str) -> InitialAccessToken | None:
        """The one of that string, if it can still be used."""
        # Without a read, unless it has the form of ours.
        if not is_initial_access_token(value):
            return None
        entry = self._server.entries.get(NAMESPACE, _key(value))
        found = None if entry is None else _read(entry)
        if found is None or not found.left or found.expires_at <= self._server.clock():
            return None
        return found

    def spend(self, value: str) -> bool:
        """Count one registration; return False if none is left."""
        contention = Contention("the initial access token")
        # So that after a lost response the record of another registration is not taken for ours.
        mine = random_text(FAMILY_LENGTH, self._server.random)
        while (found := self.find(value)) is not None:
            spent = replace(found, left=found.left - 1, spent_by=mine)
            if until_put(self._server.entries, spent.entry(), found.version):
                return True
            contention.lost()
        return False


def _key(value: str) -> str:
    return digest(value).hex()

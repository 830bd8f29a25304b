"""The key to which a token is bound (RFC 7800)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..envelope import NotUnderstood, loads

MEMBER = "cnf"


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A token can be used only with a proof of possession of this key.

    :param methods: how the key is named, as in the claim ``cnf``: ``jkt`` (RFC 9449
        section 6.1), ``x5t#S256`` (RFC 8705 section 3.1).
    """

    methods: Mapping[str, str] = field(repr=False)

    @classmethod
    def of(cls, members: Any) -> Confirmation:
        """From JSON members.

        :raises NotUnderstood: they name no key.
        """
        if not isinstance(members, dict) or not members:
            raise NotUnderstood("is bound to a key that cannot be read")
        if not all(isinstance(value, str) for value in members.values()):
            raise NotUnderstood("is bound to a key that cannot be read")
        return cls(members)


def confirmation_of(data: bytes) -> Confirmation | None:
    """The key to which the token of that record, of any kind, is bound; None if to none.

    :raises NotUnderstood: it cannot be read.
    """
    members = loads(data) if MEMBER.encode() in data else None
    if not isinstance(members, dict) or members.get(MEMBER) is None:
        return None
    return Confirmation.of(members[MEMBER])

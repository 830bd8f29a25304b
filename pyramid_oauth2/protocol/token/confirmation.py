"""The key to which a token is bound, and the proof of possession of one (RFC 7800)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..envelope import CRITICAL, Members, NotUnderstood, dumps, loads
from ..single_use import SingleUse

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


@dataclass(frozen=True, slots=True)
class Proof:
    """What a request proves about keys of its sender.

    :param methods: the keys, as a :class:`Confirmation` names them.
    :param reservations: what this proof may be used for once, such as its ``jti``.
    :param headers: are sent with the response, such as a new nonce.
    """

    methods: Mapping[str, str] = field(default_factory=dict, repr=False)
    reservations: tuple[SingleUse, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def confirmation(self) -> Confirmation | None:
        """The key to which a token is bound that is issued to the sender; None without a key."""
        return Confirmation(self.methods) if self.methods else None

    def and_(self, other: Proof) -> Proof:
        """Both proofs together."""
        return Proof(
            {**self.methods, **other.methods},
            self.reservations + other.reservations,
            {**self.headers, **other.headers},
        )


NO_PROOF = Proof()

# The ``data`` of a token of which nothing but its key is to be known, such as a refresh token.
BOUND = Members({MEMBER: dict})


def bound_data(confirmation: Confirmation | None) -> bytes:
    """The ``data`` of such a token; empty if it is bound to no key."""
    if confirmation is None:
        return b""
    return dumps({MEMBER: dict(confirmation.methods), CRITICAL: [MEMBER]})


def confirmation_of(data: bytes) -> Confirmation | None:
    """The key to which the token of that record, of any kind, is bound; None if to none.

    :raises NotUnderstood: it cannot be read.
    """
    members = loads(data) if MEMBER.encode() in data else None
    if not isinstance(members, dict) or members.get(MEMBER) is None:
        return None
    return Confirmation.of(members[MEMBER])

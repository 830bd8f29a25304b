"""The key to which a token is bound, and the proof of possession of one (RFC 7800)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..envelope import CRITICAL, Members, NotUnderstood, dumps, loads
from ..single_use import SingleUse

MEMBER = "cnf"
AUTHENTICATED_BY = "authenticated_by"


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
    :param authenticated_by: the method by which the client proved a key of its own; empty if it
        did not: by a secret, or by none.
    """

    methods: Mapping[str, str] = field(default_factory=dict, repr=False)
    reservations: tuple[SingleUse, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    authenticated_by: str = ""

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
            self.authenticated_by or other.authenticated_by,
        )


NO_PROOF = Proof()

# The ``data`` of a token of which nothing but what it is bound to is to be known, such as a
# refresh token.
BOUND = Members({MEMBER: dict, AUTHENTICATED_BY: str})


def bound_data(confirmation: Confirmation | None, authenticated_by: str = "") -> bytes:
    """The ``data`` of such a token; empty if it is bound to nothing.

    :param authenticated_by: as :attr:`Proof.authenticated_by`.
    """
    members: dict[str, Any] = {}
    if confirmation is not None:
        members[MEMBER] = dict(confirmation.methods)
    if authenticated_by:
        members[AUTHENTICATED_BY] = authenticated_by
    return dumps({**members, CRITICAL: list(members)}) if members else b""


def confirmation_of(data: bytes) -> Confirmation | None:
    """The key to which the token of that record, of any kind, is bound; None if to none.

    :raises NotUnderstood: it cannot be read.
    """
    found = _member(data, MEMBER)
    return None if found is None else Confirmation.of(found)


def authenticated_by(data: bytes) -> str | None:
    """The method by which the client proved a key of its own when it got that token, of any kind.

    None if it proved none, or if a public client could not have.
    """
    found = _member(data, AUTHENTICATED_BY)
    return None if found is None else str(found)


def _member(data: bytes, name: str) -> Any:
    members = loads(data) if name.encode() in data else None
    return members.get(name) if isinstance(members, dict) else None

"""An access token: the ``data`` of its record, and the token as a request presents it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from ..access import LIMITS, Access
from ..authentication import Authentication
from ..envelope import CRITICAL, Members, dumps, loads
from ..records import Client
from .confirmation import AUTHENTICATED_BY, Confirmation
from .confirmation import MEMBER as CONFIRMATION


@dataclass(frozen=True, slots=True)
class AccessTokenData:
    """What an access token's record holds beside its times.

    :param client_id: the client of the token, with its ``epoch``, where no grant says
        it, or where it is not the grant's.
    :param confirmation: the key to which the token is bound.
    :param actor: who acts for the subject, as the claim ``act`` of RFC 8693 section 4.1.
    :param authenticated_by: the method by which the client proved a key of its own; empty if it
        proved none. It matters to the revocation of the token alone.
    """

    access: Access
    client_id: str | None = None
    epoch: int | None = None
    confirmation: Confirmation | None = None
    actor: Mapping[str, Any] | None = None
    authenticated_by: str = ""

    def encode(self) -> bytes:
        """As the opaque ``data`` of a record."""
        critical = self.access.limits()
        if not (critical or self.confirmation or self.actor or self.authenticated_by):
            return _with_scope_alone(self.access.scope, self.client_id, self.epoch)
        members = self._members()
        if self.confirmation is not None:
            members[CONFIRMATION] = dict(self.confirmation.methods)
            critical.append(CONFIRMATION)
        if self.actor is not None:
            members[ACTOR] = dict(self.actor)
            critical.append(ACTOR)
        if self.authenticated_by:
            members[AUTHENTICATED_BY] = self.authenticated_by
        if critical:
            members[CRITICAL] = critical
        return dumps(members)

    def _members(self) -> dict[str, Any]:
        members = self.access.members()
        if self.client_id is not None:
            members |= {"client_id": self.client_id, "epoch": self.epoch}
        return members

    @classmethod
    def decode(cls, data: bytes) -> AccessTokenData:
        """From the ``data`` of a record.

        :raises NotUnderstood: this version does not know what the token allows.
        """
        # Without an object within: a value that nothing can change.
        return _decoded(data) if data.count(b"{") == 1 else cls._decode(data)

    @classmethod
    def _decode(cls, data: bytes) -> AccessTokenData:
        members, _ = _MEMBERS.read(data)
        bound = members.get(CONFIRMATION)
        return cls(
            Access.of(members),
            members.get("client_id"),
            members.get("epoch"),
            None if bound is None else Confirmation.of(bound),
            members.get(ACTOR),
            members.get(AUTHENTICATED_BY, ""),
        )


# Most records hold a scope, and perhaps APIs or a client: tokens of the same share the bytes.
# Every request to a view pays for decoding it: kept for the next token, it costs 0.1 instead of
# 3.6 microseconds, and of 6.3 with an API.
@lru_cache(maxsize=1024)
def _decoded(data: bytes) -> AccessTokenData:
    return AccessTokenData._decode(data)


@lru_cache(maxsize=1024)
def _with_scope_alone(scope: frozenset[str], client_id: str | None, epoch: int | None) -> bytes:
    # Kept for the next token as well, of a client or of a scope: 0.1 instead of 3.2 microseconds.
    return dumps(AccessTokenData(Access(scope), client_id, epoch)._members())


@dataclass(frozen=True, slots=True)
class AccessToken:
    """An access token that is valid now.

    ``subject`` is None for a client that acts for itself. ``issued_at`` and
    ``expires_at`` are in UTC seconds. ``authentication`` is how the user
    authenticated, ``confirmation`` the key to which the token is bound, ``actor``
    the party that acts for the subject (RFC 8693 section 4.1), ``kept`` the values of request
    extensions that are in the grant, by their names.
    """

    client: Client
    access: Access
    issued_at: int
    expires_at: int
    subject: str | None = None
    grant_id: str | None = None
    authentication: Authentication | None = None
    confirmation: Confirmation | None = None
    actor: Mapping[str, Any] | None = None
    kept: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def scope(self) -> frozenset[str]:
        """The scope of :attr:`access`."""
        return self.access.scope


ACTOR = "act"
_MEMBERS = Members(
    {
        "scope": str,
        "client_id": str | None,
        "epoch": int | None,
        CONFIRMATION: dict | None,
        ACTOR: dict | None,
        AUTHENTICATED_BY: str,
        **dict.fromkeys(LIMITS, list),
    },
    frozenset({"scope"}),
)


def own_client_id(data: bytes) -> str | None:
    """The client that an access token's record names, also where the record is not understood."""
    members = loads(data)
    client_id = members.get("client_id") if isinstance(members, dict) else None
    return client_id if isinstance(client_id, str) else None

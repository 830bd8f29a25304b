"""The ``data`` of an access token's record."""

from __future__ import annotations

import json
from dataclasses import dataclass

from ..envelope import Members, NotUnderstood, loads
from ..errors import InvalidScope
from ..scopes import format_scope, parse_scope


@dataclass(frozen=True, slots=True)
class AccessTokenData:
    """What an access token's record holds beside its times.

    ``client_id`` and ``epoch`` are set where no grant holds them.
    """

    scope: frozenset[str]
    client_id: str | None = None
    epoch: int | None = None

    def encode(self) -> bytes:
        """As the opaque ``data`` of a record."""
        members = {"scope": format_scope(self.scope)}
        if self.client_id is None:
            return json.dumps(members).encode()
        return json.dumps({**members, "client_id": self.client_id, "epoch": self.epoch}).encode()

    @classmethod
    def decode(cls, data: bytes) -> AccessTokenData:
        """From the ``data`` of a record.

        :raises NotUnderstood: this version does not know what the token allows.
        """
        members, _ = _MEMBERS.read(data)
        try:
            scope = parse_scope(members["scope"])
        except (InvalidScope, TypeError, AttributeError):
            raise NotUnderstood("has a scope that cannot be read") from None
        return cls(scope, members.get("client_id"), members.get("epoch"))


_MEMBERS = Members.of(AccessTokenData)


def own_client_id(data: bytes) -> str | None:
    """The client that an access token's record names, also where the record is not understood."""
    members = loads(data)
    client_id = members.get("client_id") if isinstance(members, dict) else None
    return client_id if isinstance(client_id, str) else None

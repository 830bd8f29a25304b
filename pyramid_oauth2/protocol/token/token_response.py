"""Tokens that were issued, and their codec: the token response (RFC 6749 section 5.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..envelope import Members, dumps
from ..records import Grant
from ..scopes import format_scope, parse_scope

BEARER = "Bearer"
STANDARD_MEMBERS = frozenset({"access_token", "token_type", "expires_in", "scope", "refresh_token"})
# What an error has (RFC 6749 section 5.2), or what the core adds to an authorization response
# (RFC 6749 section 4.1.2, RFC 9207 section 2): a client would mistake another value for it.
RESERVED_NAMES = frozenset({"error", "error_description", "error_uri", "iss", "state"})


@dataclass(frozen=True, slots=True)
class IssuedTokens:
    """Everything that the token response holds.

    ``expires_in`` is in seconds. ``subject`` and ``grant_id`` are None where no
    user is involved. ``repeated`` is set where the same response was sent
    before. ``others`` are the members beside the standard ones, also those
    that a later version sealed.
    """

    access_token: str = field(repr=False)
    expires_in: int
    scope: frozenset[str]
    subject: str | None = None
    grant_id: str | None = None
    refresh_token: str | None = field(default=None, repr=False)
    token_type: str = BEARER
    repeated: bool = False
    others: Mapping[str, Any] = field(default_factory=dict, repr=False)
    _encoded: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Once, as it takes 2 microseconds: what is sealed is sent, too.
        object.__setattr__(self, "_encoded", dumps(self.parameters()))

    def parameters(self) -> dict[str, Any]:
        """The members of the response; one that has no value is left out, never null."""
        members: dict[str, Any] = {
            "access_token": self.access_token,
            "token_type": self.token_type,
            "expires_in": self.expires_in,
            # RFC 6749 section 5.1 makes it optional where it is what was requested;
            # with it in every response, a client needs no rule.
            "scope": format_scope(self.scope),
        }
        if self.refresh_token is not None:
            members["refresh_token"] = self.refresh_token
        return {**members, **self.others}

    def encode(self) -> bytes:
        """The response, as it is sent and sealed."""
        return self._encoded

    @classmethod
    def decode(cls, response: bytes, grant: Grant) -> IssuedTokens:
        """The response that was sealed, to be sent again.

        :raises NotUnderstood: this version cannot repeat it.
        """
        members, others = _MEMBERS.read(response)
        members["scope"] = parse_scope(members["scope"])
        return cls(
            **members, subject=grant.subject, grant_id=grant.id, repeated=True, others=others
        )


_MEMBERS = Members(
    {
        "access_token": str,
        "token_type": str,
        "expires_in": int,
        "scope": str,
        "refresh_token": str,
    },
    STANDARD_MEMBERS - {"refresh_token"},
)

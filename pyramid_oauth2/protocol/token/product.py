"""What an approval puts in the place of an authorization request: a code, for instance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..envelope import dumps, mark_critical
from ..kept_values import KeptValues
from ..token_kinds import kind_named
from ..token_strings import NewToken
from .confirmation import MEMBER, Confirmation
from .token_response import RESERVED_NAMES


@dataclass(frozen=True, slots=True)
class Product:
    """A token of some kind, which the client redeems.

    :param kind: of its record: the name of a registered kind of token.
    :param members: of the record's data, as JSON. The core adds the key to which it is bound,
        and the values of request extensions.
    :param parameter: the parameter of the response that has its string; None if no response
        has it.
    :param token: its string, if that is derived; otherwise it is random.
    :param lifetime: in seconds; None for a kind of which the server has the lifetime, such as
        ``authorization_code``.
    :raises ValueError: there is no such kind, or ``parameter`` is one that the core sets.
    """

    kind: str
    members: Mapping[str, Any] = field(default_factory=dict, repr=False)
    parameter: str | None = None
    token: NewToken | None = field(default=None, repr=False)
    lifetime: int | None = None

    def __post_init__(self) -> None:
        kind_named(self.kind)
        if self.parameter in RESERVED_NAMES:
            raise ValueError(f"the parameter {self.parameter} of a response is not a product's")

    def data(self, confirmation: Confirmation | None, kept: KeptValues) -> bytes:
        """The ``data`` of its record."""
        members = dict(self.members)
        if confirmation is not None:
            members[MEMBER] = dict(confirmation.methods)
            mark_critical(members, [MEMBER])
        kept.write(members)
        return dumps(members)

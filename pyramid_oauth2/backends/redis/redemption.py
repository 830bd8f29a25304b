"""Spending a token: the one script used by every flow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...protocol.contention import Contention
from ...protocol.records import (
    DuplicateRecord,
    Grant,
    Outcome,
    Redemption,
    SealedAnswer,
    Token,
    TokenRef,
)
from ...protocol.token_kinds import is_remembered
from ..families import check_family
from .family import NONE, NewRecord, new_records
from .indexes import grant_entries
from .key_names import answer_key, grant_key, member, member_key, members_key, token_key
from .scripts import REDEEM
from .server import Command, Server
from .values import answer_value, grant_of, quoted, remembered_of, token_of


@dataclass(frozen=True, slots=True)
class Redeeming:
    """One call of :meth:`~pyramid_oauth2.interfaces.IGrantStore.redeem`.

    :raises ValueError: something belongs to another family than *token*.
    """

    token: Token
    now: int
    attempt: str
    produce: Sequence[Token]
    grant: Grant | None
    grant_expires_at: int | None
    sealed_answer: SealedAnswer | None
    retire: Sequence[TokenRef]

    def __post_init__(self) -> None:
        check_family(self.token.family, self.grant, self.produce, self.retire)

    def __call__(self, server: Server, seen: bytes | None = None) -> Redemption:
        """Run the script, which decides and writes.

        :param seen: the value of the token's grant, if it was read a moment ago.
        """
        new = new_records(self.grant, self.produce, self.now)
        outcome, *rest = self._run(server, new, seen)
        contention = Contention("the token")
        while outcome == b"AGAIN":
            if seen is None:
                contention.lost()
            seen = None
            outcome, *rest = self._run(server, new, seen)
        if outcome == b"DUPLICATE":
            raise DuplicateRecord("a grant or a token of that identity exists")
        if outcome == b"CONSUMED":
            token = token_of(self.token.ref, *rest)
            return Redemption(Outcome.CONSUMED if token else Outcome.MISSING, token)
        return Redemption(Outcome[outcome.decode("ascii")])

    def _run(self, server: Server, new: Sequence[NewRecord], seen: bytes | None) -> list[bytes]:
        entries, held = self._extension(server, seen)
        if self.grant is not None:
            entries += self._entries(self.grant, self.grant.expires_at)
        names = [] if held == NONE else held.split(",")
        answered: list[bytes] = server.run(
            REDEEM,
            [*self._keys(names), *(record.key for record in new)],
            *self._arguments(held, len(names)),
            *(argument for record in new for argument in record.arguments),
            before=entries,
            # The same attempt wins again.
            repeatable=True,
            replicated=True,
        )
        return answered

    def _extension(self, server: Server, seen: bytes | None) -> tuple[tuple[Command, ...], str]:
        # A grant that is extended must stay in its indexes for longer, so that a
        # revocation finds it; and its spent tokens that are remembered must be stored for longer.
        if self.token.grant_id is None or self.grant_expires_at is None:
            return (), NONE
        value = seen or server.read(grant_key(self.token.family))[0]
        grant = grant_of(self.token.family, value)
        if value is None or grant is None:
            return (), NONE
        end = min(self.grant_expires_at, grant.absolute_end)
        return self._entries(grant, end), remembered_of(value)

    def _entries(self, grant: Grant, end: int) -> tuple[Command, ...]:
        return grant_entries(grant.id, grant.subject, grant.client_id, end, self.now)

    def _keys(self, held: Sequence[str]) -> list[str]:
        token = self.token
        return [
            token_key(token),
            grant_key(token.family),
            members_key(token.family),
            answer_key(token.family, token.digest),
            answer_key(token.family, token.parent),
            *(member_key(token.family, name) for name in held),
            *map(token_key, self.retire),
        ]

    def _arguments(self, held: str, how_many: int) -> tuple[bytes | int | str, ...]:
        answer = self.sealed_answer
        # A token that stands alone extends no grant, whose names would not have been read.
        new_end = None if self.token.grant_id is None else self.grant_expires_at
        return (
            self.now,
            quoted(self.attempt),
            NONE if self.grant is None else "+",
            NONE if new_end is None else new_end,
            NONE if answer is None else answer_value(answer),
            NONE if answer is None else answer.expires_at,
            member(self.token),
            "+" if is_remembered(self.token.kind) else NONE,
            held,
            how_many,
            len(self.retire),
        )

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
from .exchange import Command
from .family import NONE, NewRecord, first_entries, new_records, whose
from .indexes import grant_entries, indexing_end
from .key_names import answer_key, grant_key, member_key, members_key, names_of
from .scripts import REDEEM
from .seen_grants import SeenGrant
from .server import Server
from .values import answer_value, grant_of, indexed_until, quoted, remembered_of, token_of


@dataclass(frozen=True, slots=True)
class _Extension:
    """What a redemption that extends the token's grant needs of it.

    The grant must stay in its indexes for longer, so that a revocation finds it; and its spent
    tokens that are remembered must be stored for longer.

    :param end: the new end of the grant; none for a token that stands alone, and of a grant that
        cannot be read, which no listing would show.
    :param held: the names of those tokens.
    :param until: until when the grant is in its indexes after *entries*.
    """

    end: int | str = NONE
    held: str = NONE
    until: int | str = NONE
    entries: tuple[Command, ...] = ()


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

    def __call__(self, server: Server, seen: SeenGrant | None = None) -> Redemption:
        """Run the script, which decides and writes.

        :param seen: the token's grant, if it was read a moment ago.
        """
        new = new_records(self.grant, self.produce, self.now)
        for name in names_of(self.token):
            outcome, *rest = self._decided(server, name, new, seen)
            if outcome != b"MISSING":
                break
        if outcome == b"DUPLICATE":
            raise DuplicateRecord("a grant or a token of that identity exists")
        if outcome == b"CONSUMED":
            token = token_of(self.token.ref, *rest)
            return Redemption(Outcome.CONSUMED if token else Outcome.MISSING, token)
        return Redemption(Outcome[outcome.decode("ascii")])

    def _decided(
        self, server: Server, name: str, new: Sequence[NewRecord], seen: SeenGrant | None
    ) -> list[bytes]:
        answered = self._run(server, name, new, seen)
        contention = Contention("the token")
        while answered[0] == b"AGAIN":
            if seen is None:
                contention.lost()
            seen = None
            answered = self._run(server, name, new, seen)
        return answered

    def _run(
        self, server: Server, name: str, new: Sequence[NewRecord], seen: SeenGrant | None
    ) -> list[bytes]:
        extension = self._extension(server, seen)
        entries = extension.entries
        if self.grant is not None:
            entries += first_entries(self.grant, self.now)
        held = [] if extension.held == NONE else extension.held.split(",")
        answered: list[bytes] = server.run(
            REDEEM,
            [*self._keys(name, held), *(record.key for record in new)],
            *self._arguments(name, extension, len(held)),
            *(argument for record in new for argument in record.arguments),
            before=entries,
            # The same attempt wins again.
            repeatable=True,
            replicated=True,
        )
        return answered

    def _extension(self, server: Server, seen: SeenGrant | None) -> _Extension:
        if self.token.grant_id is None or self.grant_expires_at is None:
            return _Extension()
        if seen is None:
            (value,) = server.read(grant_key(self.token.family))
            if value is None:
                return _Extension(self.grant_expires_at)  # The script ends at once, as DEAD.
            grant = grant_of(self.token.family, value)
            if grant is None:
                return _Extension()
        else:
            value, grant = seen
        end, held = min(self.grant_expires_at, grant.absolute_end), remembered_of(value)
        if end <= indexed_until(value):
            return _Extension(end, held)
        until = indexing_end(end, grant.absolute_end, self.now)
        return _Extension(end, held, until, grant_entries(grant, until, self.now))

    def _keys(self, name: str, held: Sequence[str]) -> list[str]:
        token = self.token
        return [
            member_key(token.family, name),
            grant_key(token.family),
            members_key(token.family),
            answer_key(token.family, token.digest),
            answer_key(token.family, token.parent),
            *(member_key(token.family, each) for each in held),
            *self._retired(),
        ]

    def _retired(self) -> list[str]:
        # One of the two keys of each exists; which one, only the server knows.
        return [member_key(ref.family, name) for ref in self.retire for name in names_of(ref)]

    def _arguments(
        self, name: str, extension: _Extension, how_many: int
    ) -> tuple[bytes | int | str, ...]:
        answer = self.sealed_answer
        return (
            self.now,
            quoted(self.attempt),
            *whose(self.grant),
            extension.end,
            NONE if answer is None else answer_value(answer),
            NONE if answer is None else answer.expires_at,
            name,
            "+" if is_remembered(self.token.kind) else NONE,
            extension.held,
            how_many,
            len(self._retired()),
            extension.until,
        )

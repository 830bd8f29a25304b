"""The arguments of the scripts for a family: its keys, and the new records."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ...protocol.records import DuplicateRecord, Grant, Token, kept_until
from .exchange import Command
from .indexes import grant_entries, indexing_end
from .key_names import answer_key, grant_key, member, members_key, token_key
from .values import answer_value, grant_value, milliseconds, quoted, token_value

NONE = "-"


@dataclass(frozen=True, slots=True)
class NewRecord:
    """A record to insert: its key, value and time-to-live, and its place among the members."""

    key: str
    value: bytes
    milliseconds: int
    end: int | str = NONE
    name: str = NONE

    @property
    def arguments(self) -> tuple[Any, ...]:
        """The arguments of the record for ``insert`` of ``lua/record.lua``."""
        return (self.value, self.milliseconds, self.end, self.name)


def new_records(grant: Grant | None, tokens: Iterable[Token], now: int) -> list[NewRecord]:
    """Return the records of a grant and of tokens, with their sealed answers.

    :raises DuplicateRecord: two of them have the same key; the scripts check existing records.
    """
    records = []
    if grant is not None:
        kept = milliseconds(grant.expires_at, now)
        until = indexing_end(grant.expires_at, grant.absolute_end, now)
        records.append(NewRecord(grant_key(grant.id), grant_value(grant, until), kept))
    for token in tokens:
        records.append(_of_token(token, now))
        if token.sealed_answer is not None:
            answer = token.sealed_answer
            key = answer_key(token.family, token.digest)
            kept = milliseconds(answer.expires_at, now)
            records.append(NewRecord(key, answer_value(answer), kept))
    if len({record.key for record in records}) < len(records):
        raise DuplicateRecord("one digest is there twice")
    return records


def first_entries(grant: Grant, now: int) -> tuple[Command, ...]:
    """Return the commands that make a new grant findable, to be run before it is written."""
    return grant_entries(grant, indexing_end(grant.expires_at, grant.absolute_end, now), now)


def _of_token(token: Token, now: int) -> NewRecord:
    key, value = token_key(token), token_value(token)
    # Without the end of its grant, which a copy may write later: it is settled then.
    end = kept_until(token, None)
    if token.grant_id is None:
        return NewRecord(key, value, milliseconds(end, now))
    return NewRecord(key, value, milliseconds(end, now), end, member(token))


def whose(grant: Grant | None) -> tuple[int | str, int | str]:
    """Return what a mark is compared with: the user of a new grant, and when it was created."""
    return (NONE, NONE) if grant is None else (quoted(grant.subject), grant.created_at)


def insertion(
    family: str, records: Iterable[NewRecord], *first: int | str
) -> tuple[list[str], tuple[Any, ...]]:
    """Return keys and arguments of the scripts ``open`` and ``add``.

    :param first: the arguments before those of the records.
    """
    new = tuple(records)
    keys = [grant_key(family), members_key(family), *(record.key for record in new)]
    return keys, (*first, *(argument for record in new for argument in record.arguments))

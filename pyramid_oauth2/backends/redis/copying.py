"""Reading and writing grants, tokens and reservations in bulk, for a copy."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice, starmap
from urllib.parse import unquote

from ...protocol.records import Grant, Reservation, Token
from ...protocol.token_kinds import is_remembered
from .exchange import Command
from .family import first_entries, insertion, new_records, whose
from .indexes import BEFORE_ALL, entries_of, page_command
from .key_names import (
    RECORD,
    answer_key,
    earlier_member,
    grant_key,
    member_key,
    members_key,
    names_of,
    ref_of,
    reservation_key,
)
from .scripts import OPEN, SETTLE
from .server import Server, call
from .values import (
    grant_of,
    milliseconds,
    reservation_of,
    reservation_value,
    token_of,
)

BATCH = 500
MEMBERS = 100  # of a grant that are read in one step; most grants have fewer
SETTLED_WITHIN = 24 * 60 * 60  # seconds; a copy takes less
Record = Grant | Token | Reservation


class GrantCopy:
    """The parts of ``export`` and ``import_`` of the grant store that handle keys and records."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def read(self, keys: list[str]) -> list[Record]:
        """Return the records of keys; a key of an index or a sealed answer has none."""
        found = [match for match in map(RECORD.fullmatch, keys) if match]
        plain = [match for match in found if match["grant"] or match["reserved"]]
        records: list[Record] = []
        values = self._server.get_many(match[0] for match in plain)
        for match, value in zip(plain, values, strict=True):
            if value is None:
                continue
            record: Record | None
            if match["reserved"]:
                digest = bytes.fromhex(match["reserved"])
                record = reservation_of(match["namespace"], digest, value)
            else:
                record = grant_of(unquote(match["family"]), value)
            if record is not None:
                records.append(record)
        tokens = [(unquote(match["family"]), match["token"]) for match in found if match["token"]]
        records += self.read_tokens(tokens)
        return records

    def read_tokens(self, places: Sequence[tuple[str, str]]) -> Iterator[Token]:
        """Return the tokens that exist and can be read.

        :param places: the family and the name within it of each, under which it was found.
        """
        refs = [ref_of(*place) for place in places]
        answers = [answer_key(ref.family, ref.digest) for ref in refs]
        values = self._server.get_many([*starmap(member_key, places), *answers])
        for ref, value, answer in zip(refs, values[: len(refs)], values[len(refs) :], strict=True):
            if value is not None and (token := token_of(ref, value, answer)):
                yield token

    def write(self, records: Iterable[Record]) -> int:
        """Insert what is not there; return how many were new."""
        left = iter(records)
        new = 0
        # The contract passes no time here, and a time-to-live needs one.
        now = int(time.time())
        while batch := list(islice(left, BATCH)):
            missing = self._without_earlier(batch)
            grants = [record for record in missing if isinstance(record, Grant)]
            entries = (entry for grant in grants for entry in first_entries(grant, now))
            self._server.many(entries, writes=True)
            insertions = (_insertion(record, now) for record in missing)
            answers = self._server.many(insertions, writes=True)
            new += sum(answer in (b"DONE", b"OK", True) for answer in answers)
            self._settle(batch, now)
        return new

    def _without_earlier(self, batch: Sequence[Record]) -> list[Record]:
        """Return what no earlier version has stored here, under another name."""
        keys = {record: _earlier_key(record) for record in batch if isinstance(record, Token)}
        there = self._server.many((("EXISTS", key) for key in keys.values()), writes=True)
        known = {record for record, exists in zip(keys, there, strict=True) if exists}
        return [record for record in batch if record not in known]

    def _settle(self, batch: Sequence[Record], now: int) -> None:
        # Of a spent token and its grant, either may be the one that is copied last.
        names = {
            (record.family, name)
            for record in batch
            if isinstance(record, Token) and _is_held(record)
            for name in names_of(record)
        }
        grants = [record.id for record in batch if isinstance(record, Grant)]
        names |= {
            (family, name)
            for family, name in self._members(grants)
            if is_remembered(ref_of(family, name).kind)
        }
        settlings = (_settling(family, name, now) for family, name in sorted(names))
        self._server.many(settlings, writes=True)

    def _members(self, families: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Read the names of all members of grants, a page of each grant at a time."""
        after = dict.fromkeys(families, BEFORE_ALL)
        while after:
            commands = (
                page_command(members_key(family), last, MEMBERS) for family, last in after.items()
            )
            pages = map(entries_of, self._server.many(commands, writes=True))
            found = dict(zip(after, pages, strict=True))
            yield from (
                (family, name.decode()) for family, page in found.items() for name, _ in page
            )
            after = {family: page[-1] for family, page in found.items() if len(page) == MEMBERS}


def _is_held(token: Token) -> bool:
    return (
        token.grant_id is not None and token.consumed_at is not None and is_remembered(token.kind)
    )


def _earlier_key(token: Token) -> str:
    return member_key(token.family, earlier_member(token))


def _insertion(record: Record, now: int) -> Command:
    if isinstance(record, Reservation):
        kept = milliseconds(record.expires_at, now)
        return ("SET", reservation_key(record), reservation_value(record), "PX", kept, "NX")
    if isinstance(record, Grant):
        new = new_records(record, (), now)
        keys, arguments = insertion(record.id, new, now, *whose(record))
    else:
        new = new_records(None, (record,), now)
        if _is_held(record):
            # Its own end is usually past. It has to be there, and in the listing of its grant,
            # until that is copied as well: see settle.lua.
            end = max(record.expires_at, now + SETTLED_WITHIN)
            new[0] = replace(new[0], end=end, milliseconds=milliseconds(end, now))
        keys, arguments = insertion(record.family, new, now, *whose(None))
    return call(OPEN, keys, *arguments)


def _settling(family: str, name: str, now: int) -> Command:
    keys = [member_key(family, name), grant_key(family), members_key(family)]
    return call(SETTLE, keys, now, name)

"""Grants, tokens and reservations on Redis."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from zope.interface import implementer

from ...interfaces import IGrantStore
from ...protocol.records import (
    DuplicateRecord,
    Grant,
    Page,
    Purged,
    Redemption,
    Reservation,
    SealedAnswer,
    Token,
    TokenChanges,
    TokenRef,
)
from ..families import check_family
from .copying import GrantCopy
from .family import NONE, NewRecord, first_entries, insertion, new_records, whose
from .indexes import is_of, page_of
from .key_names import (
    answer_key,
    client_index,
    grant_key,
    member_key,
    members_key,
    names_of,
    reservation_key,
    subject_index,
    token_keys,
)
from .purging import grant_purge
from .redemption import Redeeming
from .revocation import SubjectRevocation, revoke_grant
from .scanning import Purging, export_page
from .scripts import ADD, AMEND, OPEN, RESERVE, REVOKE_TOKEN
from .seen_grants import SeenGrants
from .server import Server
from .values import (
    grant_of,
    milliseconds,
    reservation_value,
    token_of,
)

_AMENDABLE = frozenset(TokenChanges.__annotations__)


@implementer(IGrantStore)
class RedisGrantStore:
    """All records of a family in one slot, and indexes that lead to families."""

    expires_itself = True

    def __init__(self, server: Server) -> None:
        self._server = server
        self._purging = Purging(server, grant_purge)
        self._copy = GrantCopy(server)
        self._seen = SeenGrants()

    def open(self, grant: Grant | None, tokens: Iterable[Token], now: int) -> bool:
        """Insert a new grant and its tokens, or tokens that stand alone."""
        tokens = tuple(tokens)
        if grant is None and not tokens:
            return True
        family = grant.id if grant is not None else tokens[0].family
        check_family(family, grant, tokens)
        new = new_records(grant, tokens, now)
        if grant is None and len(new) == 1 and new[0].name == NONE:
            return self._open_alone(new[0])
        keys, arguments = insertion(family, new, now, *whose(grant))
        entries = () if grant is None else first_entries(grant, now)
        return _done(self._server.run(OPEN, keys, *arguments, before=entries))

    def _open_alone(self, record: NewRecord) -> bool:
        # One command, which the server executes in half the time of a script.
        if not self._server.insert(record.key, record.value, record.milliseconds):
            raise DuplicateRecord("a token of that identity exists")
        return True

    def find(self, ref: TokenRef) -> tuple[Token, Grant | None] | None:
        """Return the token and its grant."""
        for key in token_keys(ref):
            value, answer, grant_there = self._server.read(
                key, answer_key(ref.family, ref.digest), grant_key(ref.family)
            )
            if value is not None:
                break
        else:
            return None
        token = token_of(ref, value, answer)
        if token is None:
            return None
        if token.grant_id is None:
            return token, None
        grant = grant_of(ref.family, grant_there)
        self._seen.keep(ref, grant_there, grant)
        return token, grant

    def add(self, grant_id: str, tokens: Iterable[Token], now: int) -> bool:
        """Insert tokens of an active grant."""
        tokens = tuple(tokens)
        check_family(grant_id, None, tokens)
        keys, arguments = insertion(grant_id, new_records(None, tokens, now), now)
        return _done(self._server.run(ADD, keys, *arguments))

    def redeem(
        self,
        token: Token,
        now: int,
        attempt: str,
        produce: Iterable[Token],
        grant: Grant | None = None,
        grant_expires_at: int | None = None,
        sealed_answer: SealedAnswer | None = None,
        retire: Iterable[TokenRef] = (),
    ) -> Redemption:
        """Spend a token once."""
        redeeming = Redeeming(
            token,
            now,
            attempt,
            tuple(produce),
            grant,
            grant_expires_at,
            sealed_answer,
            tuple(retire),
        )
        return redeeming(self._server, self._seen.taken(token.family))

    def amend(self, ref: TokenRef, version: int, changes: TokenChanges) -> bool:
        """Change a token by compare and swap."""
        if unknown := changes.keys() - _AMENDABLE:
            raise ValueError(f"a token cannot be amended in {', '.join(sorted(unknown))}")
        data = changes.get("data")
        arguments = (
            version,
            version + 1,
            changes.get("expires_at", NONE),
            NONE if data is None else "+",
            data or b"",
        )
        members = members_key(ref.family)
        return any(
            self._server.run(AMEND, [member_key(ref.family, name), members], *arguments, name)
            for name in names_of(ref)
        )

    def revoke_grant(self, grant_id: str, now: int, reason: str) -> bool:
        """Revoke the grant and everything issued for it."""
        return revoke_grant(self._server, grant_id, now, reason)

    def revoke_token(self, ref: TokenRef, now: int) -> bool:
        """Revoke one token."""
        return any(
            self._server.run(REVOKE_TOKEN, [key], now, replicated=True) for key in token_keys(ref)
        )

    def revoke_subject(
        self, subject: str, now: int, reason: str, client_id: str | None = None
    ) -> int:
        """Revoke a user's grants, also those being opened: their index entries come first."""
        return SubjectRevocation(subject, now, reason, client_id)(self._server)

    def reserve(self, namespace: str, digest: bytes, expires_at: int, now: int) -> bool:
        """Claim a value."""
        claim = Reservation(namespace, digest, expires_at)
        value, kept = reservation_value(claim), milliseconds(expires_at, now)
        keys = [reservation_key(claim)]
        return bool(self._server.run(RESERVE, keys, now, value, kept, replicated=True))

    def grants(
        self,
        subject: str | None = None,
        client_id: str | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[Grant]:
        """List the grants of a user, of a client, or of both together."""
        if subject is not None:
            index = subject_index(subject)
        elif client_id is not None:
            index = client_index(client_id)
        else:
            raise ValueError("give a subject, a client_id or both")

        def read(names: list[str]) -> Iterator[Grant]:
            values = self._server.get_many(map(grant_key, names))
            found = map(grant_of, names, values)
            return (grant for grant in found if grant and is_of(grant, subject, client_id))

        return page_of(self._server, index, cursor, limit, read)

    def tokens(self, grant_id: str, cursor: str | None = None, limit: int = 50) -> Page[Token]:
        """List the tokens of a grant."""
        read = partial(self._read_tokens, grant_id)
        return page_of(self._server, members_key(grant_id), cursor, limit, read)

    def _read_tokens(self, family: str, names: list[str]) -> Iterator[Token]:
        return self._copy.read_tokens([(family, name) for name in names])

    def purge(self, now: int, limit: int = 1000) -> Purged:
        """Scan the next *limit* keys, and remove what has expired."""
        return self._purging.purge(now, limit)

    def export(
        self, cursor: str | None = None, limit: int = 500
    ) -> Page[Grant | Token | Reservation]:
        """List everything."""
        return export_page(self._server, self._copy.read, cursor, limit)

    def import_(self, records: Iterable[Grant | Token | Reservation]) -> int:
        """Insert what is not there."""
        return self._copy.write(records)


def _done(answer: bytes) -> bool:
    if answer == b"DUPLICATE":
        raise DuplicateRecord("a grant or a token of that identity exists")
    return answer == b"DONE"

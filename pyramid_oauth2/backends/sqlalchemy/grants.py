"""Grants, tokens and reservations in SQL."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import Executable, bindparam, select
from zope.interface import implementer

from ...interfaces import IGrantStore
from ...protocol.records import (
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
from . import postgresql, sqlite
from .connection import Connection
from .database import Database
from .new_rows import grant_insertion, row_of_grant, rows_of, token_insertion
from .pages import Chain, Listing
from .purging import GRANT_STORE_PURGES, purge
from .redemption import Redeeming
from .rows import (
    GRANT_COLUMNS,
    RESERVATION_COLUMNS,
    TOKEN_COLUMNS,
    grant_of,
    grant_values,
    reference,
    reservation_of,
    reservation_values,
    token_of,
    token_values,
)
from .schema import grant_table, reservation_table, token_table
from .statements import (
    AMEND,
    CLAIM_EXPIRED,
    FIND,
    INSERT_GRANT,
    INSERT_RESERVATION,
    INSERT_TOKEN,
    LOCK_GRANT,
    REVOKE_GRANT,
    REVOKE_SUBJECT,
    REVOKE_SUBJECT_AT_CLIENT,
    REVOKE_TOKEN,
)

# Where one statement adds the tokens of an active grant.
ADDITIONS: Mapping[str, Callable[[int], Executable]] = {
    "postgresql": postgresql.addition,
    "sqlite": sqlite.addition,
}

_all_grants = select(*GRANT_COLUMNS)
_of_subject = grant_table.c.subject == bindparam("subject")
_of_client = grant_table.c.client_id == bindparam("client_id")


def _grant_listing(*conditions: Any) -> Listing[Grant]:
    return Listing(_all_grants.where(*conditions), (grant_table.c.id,), grant_of)


GRANTS_OF_SUBJECT = _grant_listing(_of_subject)
GRANTS_OF_CLIENT = _grant_listing(_of_client)
GRANTS_OF_SUBJECT_AT_CLIENT = _grant_listing(_of_subject, _of_client)
TOKENS_OF_GRANT = Listing(
    select(*TOKEN_COLUMNS).where(token_table.c.grant_id == bindparam("grant_id")),
    (token_table.c.digest,),
    token_of,
)
EVERYTHING: Chain[Any] = Chain(
    _grant_listing(),
    Listing(select(*TOKEN_COLUMNS), (token_table.c.digest,), token_of),
    Listing(
        select(*RESERVATION_COLUMNS),
        (reservation_table.c.namespace, reservation_table.c.digest),
        reservation_of,
    ),
)


@implementer(IGrantStore)
class SQLAlchemyGrantStore:
    """The grant store: each method is one statement that commits itself, or one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def open(self, grant: Grant | None, tokens: Iterable[Token], now: int) -> bool:
        """Insert a grant and its tokens, or tokens that stand alone.

        :return: always True. In this store a grant cannot be revoked before it exists:
            a revocation only finds committed grants.
        """
        rows = [token_values(token) for token in tokens]

        def insert(connection: Connection) -> None:
            if grant is not None:
                new_grant = grant_values(grant)
                connection.execute(grant_insertion(new_grant), new_grant)
            if rows:
                connection.execute(token_insertion(rows), rows)

        if grant is None and len(rows) == 1:
            self._database.change(token_insertion(rows), rows[0])
        elif grant is not None and rows and self._database.engine_name == "postgresql":
            parameters = row_of_grant(grant_values(grant)) | rows_of(rows)
            self._database.change(postgresql.opening(len(rows)), parameters)
        else:
            self._database.atomically(insert)
        return True

    def find(self, ref: TokenRef) -> tuple[Token, Grant | None] | None:
        """Return the token and its grant."""
        row = self._database.row(FIND, reference(ref))
        if row is None:
            return None
        token, grant = token_of(row[: len(TOKEN_COLUMNS)]), row[len(TOKEN_COLUMNS) :]
        if token is None:
            return None
        return token, None if grant[0] is None else grant_of(grant)

    def add(self, grant_id: str, tokens: Iterable[Token], now: int) -> bool:
        """Insert tokens of an active grant."""
        rows = [token_values(token) for token in tokens]
        if rows and (addition := ADDITIONS.get(self._database.engine_name)):
            parameters = {"ref_family": grant_id, "now": now, **rows_of(rows)}
            return self._database.change(addition(len(rows)), parameters) > 0

        def insert(connection: Connection) -> bool:
            grant = connection.execute(LOCK_GRANT, {"grant_id": grant_id}).first()
            if grant is None:
                return False
            revoked_at, expires_at, _ = grant
            if revoked_at is not None or expires_at <= now:
                return False
            if rows:
                connection.execute(token_insertion(rows), rows)
            return True

        return self._database.atomically(insert)

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
        # Repeatable: the same attempt wins again.
        if self._database.engine_name == "postgresql" and redeeming.is_one_statement:
            return self._database.at_once(redeeming.at_once, repeatable=True)
        on_sqlite = self._database.engine_name == "sqlite"
        work = redeeming.on_sqlite if on_sqlite else redeeming
        return self._database.atomically(work, repeatable=True)

    def amend(self, ref: TokenRef, version: int, changes: TokenChanges) -> bool:
        """Change a token by compare and swap."""
        if unknown := changes.keys() - TokenChanges.__annotations__.keys():
            raise ValueError(f"a token cannot be amended in {', '.join(sorted(unknown))}")
        parameters = {
            **reference(ref),
            "seen_version": version,
            "new_data": changes.get("data"),
            "new_end": changes.get("expires_at"),
        }
        return self._database.change(AMEND, parameters) == 1

    def revoke_grant(self, grant_id: str, now: int, reason: str) -> bool:
        """Revoke the grant and everything issued for it."""
        parameters = {"grant_id": grant_id, "now": now, "reason": reason}
        return self._database.change(REVOKE_GRANT, parameters) == 1

    def revoke_token(self, ref: TokenRef, now: int) -> bool:
        """Revoke one token."""
        return self._database.change(REVOKE_TOKEN, reference(ref) | {"now": now}) == 1

    def revoke_subject(
        self, subject: str, now: int, reason: str, client_id: str | None = None
    ) -> int:
        """Revoke a user's grants, by one statement."""
        parameters = {"of_subject": subject, "now": now, "reason": reason}
        if client_id is None:
            return self._database.change(REVOKE_SUBJECT, parameters)
        return self._database.change(
            REVOKE_SUBJECT_AT_CLIENT, parameters | {"of_client": client_id}
        )

    def reserve(self, namespace: str, digest: bytes, expires_at: int, now: int) -> bool:
        """Claim a value."""
        new = reservation_values(Reservation(namespace, digest, expires_at))
        expired = {
            "in_namespace": namespace,
            "of_digest": digest,
            "now": now,
            "end": expires_at,
        }
        # The second round is for an expired claim that was purged between insert and update.
        return any(
            self._database.insert(INSERT_RESERVATION, new)
            or self._database.change(CLAIM_EXPIRED, expired) == 1
            for _ in range(2)
        )

    def grants(
        self,
        subject: str | None = None,
        client_id: str | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[Grant]:
        """List the grants of a user, of a client, or of both together."""
        if subject is None and client_id is None:
            raise ValueError("give a subject, a client_id or both")
        if client_id is None:
            return GRANTS_OF_SUBJECT.page(self._database, cursor, limit, {"subject": subject})
        if subject is None:
            return GRANTS_OF_CLIENT.page(self._database, cursor, limit, {"client_id": client_id})
        both = {"subject": subject, "client_id": client_id}
        return GRANTS_OF_SUBJECT_AT_CLIENT.page(self._database, cursor, limit, both)

    def tokens(self, grant_id: str, cursor: str | None = None, limit: int = 50) -> Page[Token]:
        """List the tokens of a grant."""
        return TOKENS_OF_GRANT.page(self._database, cursor, limit, {"grant_id": grant_id})

    def purge(self, now: int, limit: int = 1000) -> Purged:
        """Remove what is due, after reading at most *limit* rows."""
        return purge(self._database, GRANT_STORE_PURGES, now, limit)

    def export(
        self, cursor: str | None = None, limit: int = 500
    ) -> Page[Grant | Token | Reservation]:
        """List everything: grants, then tokens, then reservations."""
        return EVERYTHING.page(self._database, cursor, limit)

    def import_(self, records: Iterable[Grant | Token | Reservation]) -> int:
        """Insert what is not there."""
        grants, tokens, reservations = [], [], []
        for record in records:
            match record:
                case Grant():
                    grants.append(grant_values(record))
                case Token():
                    tokens.append(token_values(record))
                case Reservation():
                    reservations.append(reservation_values(record))
        return (
            self._database.insert_missing(INSERT_GRANT, grants)
            + self._database.insert_missing(INSERT_TOKEN, tokens)
            + self._database.insert_missing(INSERT_RESERVATION, reservations)
        )

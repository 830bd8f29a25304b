"""After tokens were issued and have expired, each store is as small as it was before."""

from __future__ import annotations

from sqlalchemy import create_engine

from pyramid_oauth2.backends.contract.factories import (
    DAY,
    HOUR,
    NOW,
    new_answer,
    new_attempt,
    new_digest,
    new_grant,
    new_token,
)
from pyramid_oauth2.backends.sqlalchemy import SQLAlchemyBackend, metadata
from pyramid_oauth2.protocol.records import AUTHORIZATION_CODE, Outcome

from .server_databases import open_backend, rows_in
from .sqlite_databases import engine_of

TOKENS = 5_000  # Several times what is purged at once.
TOKENS_OF_A_LIFE = 100


def live_a_life(backend: SQLAlchemyBackend) -> None:
    """Create a code, the tokens it is redeemed for, and access tokens until the grant ends."""
    grant = new_grant()
    code = new_token(AUTHORIZATION_CODE, grant, expires_at=NOW + 60)
    backend.grants.open(grant, [code], NOW)
    fruits = [new_token(grant=grant, parent=code.digest) for _ in range(2)]
    answer = new_answer()
    won = backend.grants.redeem(
        code, NOW, new_attempt(), fruits, grant_expires_at=NOW + DAY, sealed_answer=answer
    )
    assert won.outcome is Outcome.WON
    rest = TOKENS_OF_A_LIFE - 1 - len(fruits)
    assert backend.grants.add(grant.id, [new_token(grant=grant) for _ in range(rest)], NOW)
    backend.grants.reserve("jti", new_digest(), NOW + HOUR, NOW)


def test_a_long_life_leaves_nothing(url: str) -> None:
    backend = open_backend(url)
    pages = pages_in_use(url)
    for _ in range(TOKENS // TOKENS_OF_A_LIFE):
        live_a_life(backend)
    engine = engine_of(backend)
    assert rows_in(engine, "oauth2_token") == TOKENS // TOKENS_OF_A_LIFE * TOKENS_OF_A_LIFE
    purges = 0
    while backend.grants.purge(NOW + DAY).more:
        purges += 1
        assert purges <= 2 * TOKENS / 1000 + 10, "a purge that does not get on"
    assert {table: rows_in(engine, table) for table in metadata.tables} == dict.fromkeys(
        metadata.tables, 0
    )
    assert pages_in_use(url) == pages
    backend.close()


def pages_in_use(url: str) -> int:
    """For a SQLite file, whose pages are reusable without a vacuum."""
    engine = create_engine(url)
    if engine.dialect.name != "sqlite":
        return 0
    with engine.connect() as connection:
        count, free = (
            connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("page_count", "freelist_count")
        )
    engine.dispose()
    return int(count) - int(free)

"""Dumping a store in its raw form, and filling an empty one with a dump."""

from __future__ import annotations

from typing import Any

from redis import Redis
from sqlalchemy import MetaData, NullPool, create_engine, inspect

from pyramid_oauth2 import migrations

Dump = dict[str, Any]


def dump(store: str, url: str) -> Dump:
    """Everything in a store, as values for JSON."""
    return _dump_redis(url) if store == "redis" else _dump_tables(url)


def load(store: str, url: str, contents: Dump) -> None:
    """Fill an empty store, and upgrade its tables."""
    if store == "redis":
        _load_redis(url, contents)
    else:
        _load_tables(url, contents)


def _dump_tables(url: str) -> Dump:
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        names = [name for name in inspect(connection).get_table_names() if "alembic" not in name]
        tables = {
            name: [
                {column: _plain(cell) for column, cell in row._mapping.items()}
                for row in connection.exec_driver_sql(f"SELECT * FROM {name}")
            ]
            for name in sorted(names)
        }
    return {"revision": migrations.current(url), "tables": tables}


def _load_tables(url: str, contents: Dump) -> None:
    migrations.upgrade(url, contents["revision"])
    engine, metadata = create_engine(url, poolclass=NullPool), MetaData()
    with engine.begin() as connection:
        metadata.reflect(connection)
        for name, rows in contents["tables"].items():
            for row in rows:
                values = {column: _raw(cell) for column, cell in row.items()}
                connection.execute(metadata.tables[name].insert().values(values))
    migrations.upgrade(url)


def _dump_redis(url: str) -> Dump:
    with Redis.from_url(url) as client:
        return {key.decode(): _redis_value(client, key) for key in sorted(client.scan_iter())}


def _redis_value(client: Any, key: bytes) -> Any:
    if client.type(key) == b"zset":
        return [
            [member.hex(), score] for member, score in client.zrange(key, 0, -1, withscores=True)
        ]
    return client.get(key).hex()


def _load_redis(url: str, contents: Dump) -> None:
    # Without their time-to-live, which ends long before the test is run.
    with Redis.from_url(url) as client:
        client.flushall()
        for key, value in contents.items():
            if isinstance(value, str):
                client.set(key, bytes.fromhex(value))
            else:
                client.zadd(key, {bytes.fromhex(member): score for member, score in value})


def _plain(cell: Any) -> Any:
    return {"hex": bytes(cell).hex()} if isinstance(cell, bytes | memoryview) else cell


def _raw(cell: Any) -> Any:
    return bytes.fromhex(cell["hex"]) if isinstance(cell, dict) and set(cell) == {"hex"} else cell

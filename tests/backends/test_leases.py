"""How an operation gets a connection of a pool, and returns it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import NullPool

from pyramid_oauth2.backends.sqlalchemy.leases import Lease, leased


@pytest.fixture
def engine(tmp_path: Path) -> Any:
    engine = create_engine(
        f"sqlite:///{tmp_path}/leases.sqlite", pool_size=1, max_overflow=0, pool_timeout=0
    )
    yield engine
    engine.dispose()


def test_it_is_the_same_connection_again(engine: Any) -> None:
    first = leased(engine)
    first.info["seen"] = True
    driver = first.dbapi_connection
    assert engine.pool.checkedout() == 1
    first.close()
    first.close()
    assert (engine.pool.checkedout(), engine.pool.checkedin(), first.is_valid) == (0, 1, False)
    second = leased(engine)
    assert (second.dbapi_connection, second.info) == (driver, {"seen": True})
    second.close()


def test_a_pool_that_is_empty_raises(engine: Any) -> None:
    first = leased(engine)
    with pytest.raises(PoolTimeout):
        leased(engine)
    first.close()
    leased(engine).close()


def test_an_invalid_connection_is_replaced(engine: Any) -> None:
    first = leased(engine)
    driver: Any = first.dbapi_connection
    first.info["seen"] = True
    first.invalidate()
    first.invalidate()
    first.close()
    assert (engine.pool.checkedout(), first.is_valid) == (0, False)
    with pytest.raises(Exception, match="closed database"):
        driver.execute("SELECT 1")
    second = leased(engine)
    assert (second.dbapi_connection is not driver, second.info) == (True, {})
    second.close()


def test_a_connection_as_old_as_a_lost_one_is_replaced(engine: Any) -> None:
    first = leased(engine)
    driver = first.dbapi_connection
    first.close()
    lost = leased(engine)
    engine.pool._invalidate(lost, RuntimeError("lost"))
    assert (lost.is_valid, engine.pool.checkedout()) == (False, 0)
    second = leased(engine)
    assert second.dbapi_connection is not driver
    second.close()


def test_one_that_nothing_returned_is_not_used_again(engine: Any) -> None:
    """As if a time limit had raised before its user got it, in the middle of a transaction."""
    first = leased(engine)
    driver = first.dbapi_connection
    del first
    assert engine.pool.checkedout() == 0
    second = leased(engine)
    assert second.dbapi_connection is not driver
    second.close()


def test_a_connection_that_cannot_be_opened_takes_no_place(tmp_path: Path) -> None:
    engine: Any = create_engine(
        f"sqlite:///{tmp_path}/missing/x.sqlite", pool_size=1, max_overflow=0, pool_timeout=0
    )
    for _ in range(3):
        with pytest.raises(Exception, match="unable to open"):
            leased(engine)
    assert engine.pool.checkedout() == 0


def test_an_expired_connection_is_replaced(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/x.sqlite", pool_recycle=0)
    first = leased(engine)
    driver = first.dbapi_connection
    first.close()
    second = leased(engine)
    assert second.dbapi_connection is not driver
    second.close()
    engine.dispose()


@pytest.mark.parametrize(
    ("options", "is_leased"),
    [
        ({}, True),
        ({"pool_pre_ping": True}, False),
        ({"echo_pool": True}, False),
        ({"poolclass": NullPool}, False),
    ],
    ids=lambda value: str(value),
)
def test_options_that_need_the_proxy(
    options: dict[str, Any], is_leased: bool, tmp_path: Path
) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/x.sqlite", **options)
    connection = leased(engine)
    assert isinstance(connection, Lease) == is_leased
    connection.close()
    engine.dispose()


def test_a_listener_that_needs_the_proxy(engine: Any) -> None:
    seen: list[Any] = []
    event.listen(engine, "checkout", lambda *arguments: seen.append(arguments))
    connection = leased(engine)
    assert [proxy for _, _, proxy in seen] == [connection]
    connection.close()


def test_a_listener_of_returned_connections_is_called(engine: Any) -> None:
    seen: list[Any] = []
    event.listen(engine, "checkin", lambda connection, _record: seen.append(connection))
    connection = leased(engine)
    driver = connection.dbapi_connection
    connection.close()
    assert seen == [driver]


def test_sqlalchemy_executes_on_it(engine: Any) -> None:
    """As it does with a statement whose text depends on the values; it is never closed."""
    lease = leased(engine)
    connection = Connection(engine, lease)
    assert connection.execute(text("SELECT 1")).scalar() == 1
    with pytest.raises(OperationalError):
        connection.execute(text("SELECT nothing"))
    assert lease.is_valid
    lease.close()

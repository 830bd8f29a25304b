"""Commands and their replies on one connection of redis-py."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from redis.exceptions import ConnectionError, NoScriptError, ResponseError

from pyramid_oauth2.backends.redis import RedisBackend
from pyramid_oauth2.backends.redis.exchange import exchange, packed, raise_first
from pyramid_oauth2.backends.redis.watched_connections import TCPConnection
from tests.servers import redis_url  # noqa: F401

from .redis_contract import flush, open_backend


@pytest.fixture
def client(redis_url: str) -> Iterator[Any]:  # noqa: F811
    backend: RedisBackend = open_backend(redis_url, max_connections="1")
    flush(backend)
    yield backend._server._connected()
    backend.close()


@pytest.mark.parametrize(
    ("command", "sent"),
    [
        (("GET", "key"), b"*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n"),
        (("SET", "k", b"\0\xff\r\n", "PX", 15), None),
        (("ECHO", "żółw"), b"*2\r\n$4\r\nECHO\r\n$7\r\n\xc5\xbc\xc3\xb3\xc5\x82w\r\n"),
        (("ECHO", ""), b"*2\r\n$4\r\nECHO\r\n$0\r\n\r\n"),
        (("ECHO", -1), b"*2\r\n$4\r\nECHO\r\n$2\r\n-1\r\n"),
    ],
)
def test_a_command_is_sent_as_redis_py_would_send_it(command: Any, sent: bytes | None) -> None:
    by_redis_py = b"".join(TCPConnection().pack_command(*command))
    assert packed([command]) == by_redis_py
    assert sent is None or by_redis_py == sent


def test_replies_are_in_the_order_of_the_commands_and_errors_among_them(client: Any) -> None:
    replies = exchange(
        client,
        [
            ("SET", "key", b"\0\r\n"),
            ("EVALSHA", 40 * "0", 0),
            ("LPUSH", "key", "value"),
            ("MGET", "key", "nothing"),
            ("EXISTS", "key"),
        ],
    )
    assert replies[0] == b"OK"
    assert isinstance(replies[1], NoScriptError)
    assert isinstance(replies[2], ResponseError)
    assert replies[3:] == [[b"\0\r\n", None], 1]
    with pytest.raises(NoScriptError):
        raise_first(replies)


def test_an_interrupted_exchange_leaves_no_reply_for_the_next_command(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_arguments: Any, **_options: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(TCPConnection, "read_response", interrupted)
        with pytest.raises(KeyboardInterrupt):
            exchange(client, [("ECHO", "first"), ("ECHO", "second")])
    assert exchange(client, [("ECHO", "third")]) == [b"third"]


def test_a_connection_that_the_server_closed_is_not_used(
    client: Any,
    redis_url: str,  # noqa: F811
) -> None:
    (number,) = exchange(client, [("CLIENT", "ID")])
    elsewhere = open_backend(redis_url)
    killed = exchange(elsewhere._server._connected(), [("CLIENT", "KILL", "ID", number)])
    elsewhere.close()
    assert killed == [1]
    assert exchange(client, [("ECHO", "after")]) == [b"after"]


def test_places_of_the_pool_are_free_again_after_connections_that_failed() -> None:
    backend = open_backend("redis://127.0.0.1:1", max_connections="2", timeout="0.1")
    client: Any = backend._server._make_client()
    for _ in range(5):
        with pytest.raises(ConnectionError, match="Error 111 connecting"):
            exchange(client, [("ECHO", "text")])


def test_a_connection_of_before_a_fork_is_not_used_after_it(client: Any) -> None:
    pool = client.connection_pool
    of_the_parent = pool.get_connection()
    pool.pid -= 1  # As a fork leaves it.
    pool.release(of_the_parent)
    fresh = pool.get_connection()
    assert fresh is not of_the_parent
    pool.release(fresh)


def test_a_reply_to_no_command_is_not_the_reply_to_the_next_one(client: Any) -> None:
    pool = client.connection_pool
    connection = pool.get_connection()
    connection.send_command("ECHO", "before")
    while not connection.can_read():
        pass
    pool.release(connection)
    assert exchange(client, [("ECHO", "text")]) == [b"text"]

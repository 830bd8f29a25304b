"""A Cluster as the stores use it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

from redis.exceptions import MovedError, NoScriptError, RedisClusterException

from ...circuit_breaker import CircuitBreaker
from ...deadlines import SECONDS
from . import first_contact
from .connections import ClientFactory
from .exchange import Command, exchange
from .key_names import EVERYTHING
from .scripts import spelt_out
from .server import Server


class ClusterServer(Server):
    """A Cluster: keys in different slots may be on different servers."""

    is_cluster = True

    def __init__(self, make_client: ClientFactory, replicas: int = 0) -> None:
        super().__init__(make_client, replicas)
        self._breakers: dict[str, CircuitBreaker] = {}

    def nodes(self) -> int:
        """Return how many masters there are."""
        return len(self._tried(lambda client: client.get_primaries()))

    def _check(self, client: Any) -> list[str]:
        infos = [client.info(target_nodes=node) for node in client.get_primaries()]
        warnings = (first_contact.check(info, self.is_cluster) for info in infos)
        return list(dict.fromkeys(chain.from_iterable(warnings)))

    def _breaker_of(self, key: str | None) -> CircuitBreaker:
        # One of its own for each master: while one is silent, the slots of the others are served.
        contact = self._contacts.made()
        client = None if contact is None else contact.client
        if client is None or key is None:
            return super()._breaker_of(key)
        try:
            name = str(client.get_node_from_key(key).name)
        except (RedisClusterException, AttributeError):  # No master has its slot now.
            return super()._breaker_of(key)
        return self._breakers.setdefault(name, CircuitBreaker("Redis", SECONDS))

    def _execute(self, client: Any, command: Command) -> Any:
        # redis-py finds the server of the key, also after it has moved.
        return client.execute_command(*command)

    def _execute_all(self, client: Any, commands: Sequence[Command]) -> list[Any]:
        pipeline = client.pipeline(transaction=False)
        for command in commands:
            pipeline.execute_command(*command)
        # An error raised here by redis-py would quote the command, and so digests.
        answers: list[Any] = pipeline.execute(raise_on_error=False)
        return answers

    def _on_one_connection(self, client: Any, key: str, commands: Sequence[Command]) -> list[Any]:
        # The earlier commands are in other slots. They are sent one by one, since a
        # pipeline does not preserve the order between servers.
        waits = commands[-1][0] == "WAIT"
        *before, main = commands[:-1] if waits else commands
        answers = [self._executed(client, command) for command in before]
        if not waits:
            return [*answers, self._answer(client, main)]
        # WAIT only counts the writes of its own connection.
        node = client.get_node_from_key(key)
        pair = exchange(client.get_redis_connection(node), [main, commands[-1]])
        if isinstance(pair[0], MovedError):
            client.nodes_manager.initialize()
        return [*answers, *pair]

    def _executed(self, client: Any, command: Command) -> Any:
        """Execute a command, with the text of its script if the server has not loaded it."""
        try:
            return self._execute(client, command)
        except NoScriptError:
            return self._execute(client, spelt_out(command))

    def _answer(self, client: Any, command: Command) -> Any:
        try:
            return self._execute(client, command)
        except NoScriptError as error:
            return error

    def _scan(self, client: Any, node: int, cursor: int, count: int) -> Any:
        primaries = sorted(client.get_primaries(), key=lambda primary: str(primary.name))
        cursors, keys = client.scan(
            cursor, match=EVERYTHING, count=count, target_nodes=primaries[node]
        )
        return next(iter(cursors.values())), keys

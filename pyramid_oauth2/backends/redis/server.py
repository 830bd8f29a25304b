"""The server as the stores use it: reads, scripts and pipelines, with one type of error."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, TypeVar

from redis.exceptions import (
    ConnectionError,
    MaxConnectionsError,
    NoScriptError,
    RedisClusterException,
    ResponseError,
)
from redis.exceptions import TimeoutError as RedisTimeout

from ...circuit_breaker import CircuitBreaker
from ...deadlines import OVERDUE, SECONDS, Deadline
from ...per_process import PerProcess
from ...protocol.records import OutcomeUnknown, StoreUnavailable
from . import first_contact
from .connections import ClientFactory
from .exchange import Command, exchange, raise_first
from .failures import may_have_arrived, translated
from .key_names import EVERYTHING
from .scripts import REWRITE, Script, spelt_out

log = logging.getLogger(__name__)

Result = TypeVar("Result")

WAIT_MILLISECONDS = 800  # Less than the socket's timeout, so that WAIT ends first.


def call(script: Script, keys: Sequence[str], *arguments: Any) -> Command:
    """Return the command that runs a script by its digest."""
    return ("EVALSHA", script.sha, len(keys), *keys, *arguments)


@dataclass
class _Contact:
    """The client of one process, once it is connected."""

    client: Any = None
    lock: Lock = field(default_factory=Lock)


class Server:
    """One server, or the master of a Sentinel group.

    :param make_client: called at first use, and again after :meth:`close`.
    :param replicas: how many must confirm a write of :meth:`run` with *replicated*.
    """

    is_cluster = False

    def __init__(self, make_client: ClientFactory, replicas: int = 0) -> None:
        self._make_client = make_client
        self._replicas = replicas
        self._contacts = PerProcess(_Contact)
        self._breaker = CircuitBreaker("Redis", SECONDS)

    def read(self, *keys: str) -> list[bytes | None]:
        """Read keys of one slot in one step."""
        return self._repeated(lambda client: self._execute(client, ("MGET", *keys)), key=keys[0])

    def run(
        self,
        script: Script,
        keys: Sequence[str],
        *arguments: Any,
        before: Sequence[Command] = (),
        repeatable: bool = False,
        replicated: bool = False,
    ) -> Any:
        """Run a script on keys of one slot.

        :param before: commands that are executed before it, in slots of their own.
        :param repeatable: whether the script may be run twice; it is then run
            again if the connection breaks.
        :param replicated: wait for the configured number of replicas.
        :raises OutcomeUnknown: it may have been run, or too few replicas have what it wrote.
        """

        def once(client: Any) -> Any:
            return self._evaluate(client, script, keys, arguments, before, replicated)

        way = self._repeated if repeatable else self._tried
        return way(once, writes=True, key=keys[0])

    def insert(self, key: str, value: bytes, milliseconds: int) -> bool:
        """Insert a key that lives so long; return False if it exists, as after a lost reply."""
        command = ("SET", key, value, "PX", milliseconds, "NX")
        return bool(self._tried(lambda client: self._execute(client, command), True, key))

    def replicate(self, key: str) -> None:
        """Wait for the configured number of replicas, if an earlier call may have written *key*.

        :raises OutcomeUnknown: too few have it.
        """
        if self._replicas:
            self.run(REWRITE, [key], replicated=True)

    def many(self, commands: Iterable[Command], writes: bool = False) -> list[Any]:
        """Run commands on keys of any slots, in any order, in as few steps as possible.

        :param writes: whether they write, or follow a write of the same operation.
        :raises OutcomeUnknown: they write, and some may have been run.
        """
        batch = list(commands)
        return self._tried(lambda client: self._pipelined(client, batch), writes) if batch else []

    def get_many(self, keys: Iterable[str]) -> list[bytes | None]:
        """Read keys of any slots."""
        return self.many(("GET", key) for key in keys)

    def nodes(self) -> int:
        """Return how many servers share the keys."""
        return 1

    def scan(self, node: int, cursor: int, count: int) -> tuple[int, list[str]]:
        """Continue a scan of all our keys on one of :meth:`nodes`.

        :return: the next cursor, 0 at the end, and some keys.
        """
        cursor, keys = self._repeated(lambda client: self._scan(client, node, cursor, count))
        return int(cursor), [key.decode("ascii") for key in keys]

    def check(self) -> list[str]:
        """Check the server as at the first connection; return warnings, a sentence each.

        :raises StoreUnavailable: it is not safe to use as configured.
        """
        return self._repeated(self._check)

    def close(self) -> None:
        """Close every connection."""
        contact = self._contacts.made()
        if contact is None:
            return
        with contact.lock:
            client, contact.client = contact.client, None
        if client is not None:
            client.close()

    def _connected(self) -> Any:
        contact = self._contacts()
        client = contact.client
        if client is not None:
            return client
        # Without the lock: if the server is down, no thread waits for the attempts of others.
        made = self._make_client()
        try:
            warnings = self._check(made)
        except BaseException:
            made.close()
            raise
        with contact.lock:
            if contact.client is None:
                contact.client = made
                for warning in warnings:
                    log.warning("%s", warning)
                return made
            client = contact.client
        made.close()
        return client

    def _check(self, client: Any) -> list[str]:
        return list(first_contact.check(client.info(), self.is_cluster))

    def _tried(
        self, step: Callable[[Any], Result], writes: bool = False, key: str | None = None
    ) -> Result:
        return self._in_time(self._once, step, writes, key)

    def _repeated(
        self, step: Callable[[Any], Result], writes: bool = False, key: str | None = None
    ) -> Result:
        return self._in_time(self._twice, step, writes, key)

    def _once(self, step: Callable[[Any], Result], writes: bool) -> Result:
        with translated(writes):
            return step(self._connected())

    def _twice(self, step: Callable[[Any], Result], writes: bool) -> Result:
        with translated(writes):
            client = self._connected()
            try:
                return step(client)
            except MaxConnectionsError:
                raise
            except (ConnectionError, RedisTimeout, RedisClusterException) as error:
                # The first one stays in doubt also if the second one cannot be sent.
                sent = may_have_arrived(error)
        with translated(writes, sent):
            return step(client)

    def _in_time(
        self,
        way: Callable[[Callable[[Any], Result], bool], Result],
        step: Callable[[Any], Result],
        writes: bool,
        key: str | None,
    ) -> Result:
        """Go a way until its deadline, and not at all while the server of *key* is silent."""
        breaker = self._breaker_of(key)
        began = breaker.check()
        try:
            with Deadline() as deadline:
                result = way(step, writes)
        except StoreUnavailable as unavailable:
            if isinstance(unavailable.__cause__, ResponseError | None):
                breaker.answered()
                raise
            breaker.failed(began)
            if deadline.passed:  # The connection was shut down here.
                raise type(unavailable)(OVERDUE.format("Redis")) from unavailable.__cause__
            raise
        else:
            breaker.answered()
            return result
        finally:
            breaker.ended(began)

    def _breaker_of(self, key: str | None) -> CircuitBreaker:
        """Return the breaker for an operation on *key*; None for one on several servers."""
        return self._breaker

    def _evaluate(
        self,
        client: Any,
        script: Script,
        keys: Sequence[str],
        arguments: Sequence[Any],
        before: Sequence[Command],
        replicated: bool,
    ) -> Any:
        commands = [*before, call(script, keys, *arguments)]
        waiting = replicated and self._replicas
        if waiting:
            commands.append(("WAIT", self._replicas, WAIT_MILLISECONDS))
        answers = self._on_one_connection(client, keys[0], commands)
        if isinstance(answers[len(before)], NoScriptError):
            # A server that was started since knows no script: all are repeated, in their order.
            # If it lacks one of the earlier scripts only, that one is executed a moment later.
            commands = list(map(spelt_out, commands))
            answers = self._on_one_connection(client, keys[0], commands)
        self._spell_out_missing(client, commands, answers)
        raise_first(answers)
        if waiting and answers[-1] < self._replicas:
            raise OutcomeUnknown(
                f"Only {answers[-1]} replicas have what was written, and "
                f"oauth2.redis.wait_replicas asks for {self._replicas}: see to the replicas."
            )
        return answers[len(before)]

    def _spell_out_missing(
        self, client: Any, commands: Sequence[Command], answers: list[Any]
    ) -> None:
        """Execute what the server answered with NOSCRIPT, with the text of the script."""
        for number, answer in enumerate(answers):
            if isinstance(answer, NoScriptError):
                answers[number] = self._execute(client, spelt_out(commands[number]))

    def _execute(self, client: Any, command: Command) -> Any:
        replies = exchange(client, [command])
        raise_first(replies)
        return replies[0]

    def _execute_all(self, client: Any, commands: Sequence[Command]) -> list[Any]:
        """Return the replies, of which some may be errors."""
        return exchange(client, commands)

    def _on_one_connection(self, client: Any, key: str, commands: Sequence[Command]) -> list[Any]:
        """Execute commands in their order, the last ones on the connection of *key*."""
        return exchange(client, commands)

    def _pipelined(self, client: Any, commands: Sequence[Command]) -> list[Any]:
        answers = self._execute_all(client, commands)
        self._spell_out_missing(client, commands, answers)
        raise_first(answers)
        return answers

    def _scan(self, client: Any, node: int, cursor: int, count: int) -> Any:
        return client.scan(cursor, match=EVERYTHING, count=count)

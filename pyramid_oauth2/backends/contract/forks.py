"""A server that uses the store and then forks its workers, as ``gunicorn --preload`` does.

If two processes share a connection, one reads the replies to the other: a request
with one user's token is answered as another user. A lock that another thread holds
at the fork is held in the child for ever.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from itertools import cycle, islice
from multiprocessing.connection import Connection
from typing import Any, NamedTuple, TypeAlias

import pytest

from pyramid_oauth2.interfaces import IBackend

from .factories import NOW, new_client, new_consent, new_entry, new_grant, new_token
from .harness import Contract

CHILDREN = 4
THREADS = 4
READS = 100  # of each thread
PATIENCE = 40  # seconds after which a child is deadlocked

Opener: TypeAlias = Callable[[], IBackend]
Child: TypeAlias = tuple[int, int]
"""Its process id, and a pipe on which it reports its result."""


class Call(NamedTuple):
    """A call of a store, and what it must return."""

    role: str
    method: str
    arguments: tuple[Any, ...]
    expected: Any

    def make(self, backend: IBackend) -> None:
        """Call it.

        :raises AssertionError: it returned something else.
        """
        found = getattr(getattr(backend, self.role), self.method)(*self.arguments)
        assert found == self.expected, f"{self.method}{self.arguments} gave {found}"


class Forks(Contract):
    """What children find after a fork, in every store of the backend."""

    @pytest.mark.parametrize("busy", [False, True], ids=["quiet", "busy"])
    def test_no_child_reads_the_answer_to_another_process(self, busy: bool) -> None:
        """The parent has used the stores, or is *busy* using them while it forks."""
        reads = [self._written(*record) for record in self._records(["alice", "bob"])]
        assert self._forked(_read_by_children, reads, busy) == {"right": CHILDREN}

    def test_what_children_write_is_there(self) -> None:
        """The parent has used the stores, and closes them once the children have begun."""
        reads = [self._written(*record) for record in self._records(["alice"])]
        records = list(self._records([f"user-{number}" for number in range(2 * CHILDREN)]))
        # Only the parent and its children have them open.
        self.backend.close()
        writes = [write for write, _ in records]
        assert self._forked(_write_by_children, reads, writes) == {"right": CHILDREN}
        opener = self.open_elsewhere()
        assert opener is not None
        self.backend = opener()
        for _, written in records:
            written.make(self.backend)

    def _records(self, users: list[str]) -> Iterator[tuple[Call, Call]]:
        for role, new_record in NEW_RECORD.items():
            if getattr(self.backend, role, None) is not None:
                yield from map(new_record, users)

    def _written(self, write: Call, read: Call) -> Call:
        write.make(self.backend)
        return read

    def _forked(
        self, scene: Callable[..., Counter[str]], reads: list[Call], *arguments: object
    ) -> Counter[str]:
        """Run a scene in a new process, which has only the scene's threads when it forks."""
        opener = self.open_elsewhere()
        if opener is None or not hasattr(os, "fork"):
            pytest.skip("no forks: the store is in one process (no open_elsewhere())")
        context = multiprocessing.get_context("spawn")
        receiver, sender = context.Pipe(duplex=False)
        process = context.Process(target=_play, args=(sender, scene, opener, reads, *arguments))
        process.start()
        sender.close()
        try:
            outcome = receiver.recv() if receiver.poll(2 * PATIENCE) else {"the parent hangs": 1}
        except EOFError:
            outcome = {"the parent died": 1}
        finally:
            process.kill()
            process.join()
        return Counter(outcome)


def _grant(user: str) -> tuple[Call, Call]:
    grant = new_grant(subject=user)
    token = new_token(grant=grant)
    write = Call("grants", "open", (grant, [token], NOW), True)
    return write, Call("grants", "find", (token.ref,), (token, grant))


def _client(user: str) -> tuple[Call, Call]:
    client = new_client(owner=user)
    write = Call("clients", "add", (client,), None)
    return write, Call("clients", "get", (client.client_id,), client)


def _consent(user: str) -> tuple[Call, Call]:
    consent = new_consent(subject=user)
    write = Call("consents", "put", (consent, None), True)
    return write, Call("consents", "get", (user, consent.client_id), consent)


def _entry(user: str) -> tuple[Call, Call]:
    entry = new_entry(owner=user)
    write = Call("entries", "put", (entry, None), True)
    return write, Call("entries", "get", (entry.namespace, entry.key), entry)


# How a new record of a user is written and read, by role.
NEW_RECORD = {"grants": _grant, "clients": _client, "consents": _consent, "entries": _entry}


def _play(
    sender: Connection,
    scene: Callable[..., Counter[str]],
    opener: Opener,
    reads: list[Call],
    *arguments: object,
) -> None:
    backend = opener()
    _read_by_threads(backend, reads, 1)
    sender.send(dict(scene(backend, opener, reads, *arguments)))


def _read_by_children(
    backend: IBackend, _opener: Opener, reads: list[Call], busy: bool
) -> Counter[str]:
    work = partial(_read_by_threads, backend, reads, READS)
    with _reading(backend, reads if busy else ()):
        children = [_fork(work) for _ in range(CHILDREN)]
        # The parent continues too, and must get the right replies.
        work()
    return _endings(children)


def _write_by_children(
    backend: IBackend, opener: Opener, reads: list[Call], writes: list[Call]
) -> Counter[str]:
    begun, go_on = os.pipe(), os.pipe()

    def work(number: int) -> None:
        try:
            _make_all(backend, writes[number :: 2 * CHILDREN])
        finally:
            os.write(begun[1], b".")
        os.read(go_on[0], 1)
        _make_all(backend, writes[number + CHILDREN :: 2 * CHILDREN])

    children = [_fork(partial(work, number)) for number in range(CHILDREN)]
    for _ in children:
        os.read(begun[0], 1)
    backend.close()
    # As a command that is run at the same time does.
    other = opener()
    _make_all(other, reads)
    other.close()
    os.write(go_on[1], b"." * CHILDREN)
    return _endings(children)


def _make_all(backend: IBackend, calls: Iterable[Call]) -> None:
    for call in calls:
        call.make(backend)


def _read_by_threads(backend: IBackend, reads: list[Call], times: int) -> None:
    # All at once, so that each thread has a connection.
    start = threading.Barrier(THREADS, timeout=PATIENCE)

    def work(number: int) -> None:
        start.wait()
        for read in islice(cycle(reads), number, number + times):
            read.make(backend)

    with ThreadPoolExecutor(THREADS) as pool:
        for future in [pool.submit(work, number) for number in range(THREADS)]:
            future.result()


@contextmanager
def _reading(backend: IBackend, reads: Iterable[Call]) -> Iterator[None]:
    """Let threads read until the block ends, one record each."""
    done = threading.Event()

    def work(read: Call) -> None:
        while not done.is_set():
            read.make(backend)

    threads = [threading.Thread(target=work, args=(read,)) for read in reads]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        done.set()
        for thread in threads:
            thread.join()


def _fork(work: Callable[[], None]) -> Child:
    """Run *work* in a child."""
    receiver, sender = os.pipe()
    if child := os.fork():
        os.close(sender)
        return child, receiver
    signal.alarm(PATIENCE)
    outcome = "right"
    try:
        work()
    except BaseException as error:
        outcome = f"{type(error).__name__}: {error}"
    finally:
        os.write(sender, outcome.encode()[:4000])
        # Without the normal exit of a program: its exit handlers belong to the parent.
        os._exit(0)


def _endings(children: Iterable[Child]) -> Counter[str]:
    return Counter(_ending(*child) for child in children)


def _ending(child: int, receiver: int) -> str:
    outcome = os.read(receiver, 4096).decode(errors="replace")
    os.close(receiver)
    _, status = os.waitpid(child, 0)
    return outcome or f"ended by signal {os.WTERMSIG(status)}"

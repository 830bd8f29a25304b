"""A server that uses the store and then forks its workers, as ``gunicorn --preload`` does.

A connection that two processes share gives one the answers to the other's
questions: a request with one user's token is answered as another user. A lock
that another thread holds at the fork is held in the child for ever.
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
from typing import TypeAlias

import pytest

from pyramid_oauth2.interfaces import IBackend, IGrantStore
from pyramid_oauth2.protocol.records import Grant, Token

from .factories import NOW, new_grant, new_token
from .harness import Contract

CHILDREN = 4
THREADS = 4
READS = 100  # of each thread
PATIENCE = 40  # seconds after which a child is deadlocked

Opened: TypeAlias = tuple[Grant, Token]
Opener: TypeAlias = Callable[[], IBackend]
Child: TypeAlias = tuple[int, int]
"""Its process id, and a pipe on which it says how it ended."""


class Forks(Contract):
    """What children find after a fork."""

    @pytest.mark.parametrize("busy", [False, True], ids=["quiet", "busy"])
    def test_no_child_reads_the_answer_to_another_process(self, busy: bool) -> None:
        """The parent has used the store, or is *busy* with it while it forks."""
        opened = [self.opened(subject="alice"), self.opened(subject="bob")]
        assert self._forked(_read_by_children, opened, busy) == {"right": CHILDREN}

    def test_what_children_write_is_there(self) -> None:
        """The parent has used the store, and leaves it to them when they have begun."""
        opened = [self.opened()]
        grants = [new_grant() for _ in range(2 * CHILDREN)]
        written = [(grant, new_token(grant=grant)) for grant in grants]
        # Only the parent and its children have it open.
        self.backend.close()
        assert self._forked(_write_by_children, opened, written) == {"right": CHILDREN}
        opener = self.open_elsewhere()
        assert opener is not None
        self.backend = opener()
        for grant, token in written:
            assert self.grants.find(token.ref) == (token, grant)

    def _forked(
        self, scene: Callable[..., Counter[str]], opened: list[Opened], *arguments: object
    ) -> Counter[str]:
        """Play a scene in a process of its own, since its threads are those that are forked."""
        opener = self.open_elsewhere()
        if opener is None or not hasattr(os, "fork"):
            pytest.skip("no forks: the store is in one process (no open_elsewhere())")
        context = multiprocessing.get_context("spawn")
        receiver, sender = context.Pipe(duplex=False)
        process = context.Process(target=_play, args=(sender, scene, opener, opened, *arguments))
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


def _play(
    sender: Connection,
    scene: Callable[..., Counter[str]],
    opener: Opener,
    opened: list[Opened],
    *arguments: object,
) -> None:
    backend = opener()
    _read_by_threads(backend.grants, opened, 1)
    sender.send(dict(scene(backend, opener, opened, *arguments)))


def _read_by_children(
    backend: IBackend, _opener: Opener, opened: list[Opened], busy: bool
) -> Counter[str]:
    read = partial(_read_by_threads, backend.grants, opened, READS)
    with _reading(backend.grants, opened if busy else ()):
        children = [_fork(read) for _ in range(CHILDREN)]
        # The parent goes on as well, and is answered rightly.
        read()
    return _endings(children)


def _write_by_children(
    backend: IBackend, opener: Opener, _opened: list[Opened], written: list[Opened]
) -> Counter[str]:
    begun, go_on = os.pipe(), os.pipe()

    def work(first: Opened, second: Opened) -> None:
        _write(backend.grants, first)
        os.write(begun[1], b".")
        os.read(go_on[0], 1)
        _write(backend.grants, second)

    pairs = zip(written[::2], written[1::2], strict=True)
    children = [_fork(partial(work, *pair)) for pair in pairs]
    for _ in children:
        os.read(begun[0], 1)
    backend.close()
    # As a command does that somebody runs meanwhile.
    other = opener()
    other.grants.tokens(written[0][0].id)
    other.close()
    os.write(go_on[1], b"." * CHILDREN)
    return _endings(children)


def _write(grants: IGrantStore, opened: Opened) -> None:
    grant, token = opened
    assert grants.open(grant, [token], NOW) is True


def _read_by_threads(grants: IGrantStore, opened: list[Opened], times: int) -> None:
    # At once, so that there is a connection for each thread.
    start = threading.Barrier(THREADS, timeout=PATIENCE)

    def read(number: int) -> None:
        start.wait()
        for grant, token in islice(cycle(opened), number, number + times):
            found = grants.find(token.ref)
            assert found == (token, grant), f"{grant.subject} was answered with {found}"

    with ThreadPoolExecutor(THREADS) as pool:
        for future in [pool.submit(read, number) for number in range(THREADS)]:
            future.result()


@contextmanager
def _reading(grants: IGrantStore, opened: Iterable[Opened]) -> Iterator[None]:
    """Let threads read until the block ends, a token each."""
    done = threading.Event()

    def read(token: Token) -> None:
        while not done.is_set():
            grants.find(token.ref)

    threads = [threading.Thread(target=read, args=(token,)) for _, token in opened]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        done.set()
        for thread in threads:
            thread.join()


def _fork(work: Callable[[], None]) -> Child:
    """Let a child do *work*."""
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
        # Not as a program ends: what is to be done at the end is the parent's.
        os._exit(0)


def _endings(children: Iterable[Child]) -> Counter[str]:
    return Counter(_ending(*child) for child in children)


def _ending(child: int, receiver: int) -> str:
    outcome = os.read(receiver, 4096).decode(errors="replace")
    os.close(receiver)
    _, status = os.waitpid(child, 0)
    return outcome or f"ended by signal {os.WTERMSIG(status)}"

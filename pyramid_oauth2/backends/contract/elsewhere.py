"""The store of a test, opened by another process: a lock or a cache of this one has no effect."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from functools import cache, partial
from typing import Any

from pyramid_oauth2.interfaces import IBackend

from .pausing import Code, killed_at, outcome

KILLED = "killed"
ENDED = "the call ended before that line"

_opened: IBackend | None = None


class Elsewhere:
    """One other process with the store open; use it as a context.

    :param opener: opens the store there.
    """

    def __init__(self, opener: Callable[[], IBackend]) -> None:
        self._opener = opener

    def __enter__(self) -> Elsewhere:
        _process().submit(_open, self._opener).result()
        return self

    def __exit__(self, *_: object) -> None:
        _process().submit(_close).result()

    def start(self, role: str, call: Callable[[Any], Any]) -> Future[Any]:
        """Begin a call of a store of that role."""
        return _process().submit(_call, role, call)

    def killed(self, role: str, call: Callable[[Any], Any], line: int, code: Code) -> bool:
        """Make a call in a child of that process, which is killed before so many lines of it.

        :return: whether it was: a call that opens no connection may have fewer lines.
        """
        outcome = _process().submit(_kill, self._opener, role, call, line, code).result()
        assert outcome in (KILLED, ENDED), f"the process was not killed in the middle: {outcome}"
        return outcome == KILLED


@cache
def _process() -> ProcessPoolExecutor:
    # Kept for all tests: a spawned process needs half a second for its imports.
    return ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))


def _open(opener: Callable[[], IBackend]) -> None:
    global _opened
    _opened = opener()


def _close() -> None:
    assert _opened is not None
    _opened.close()


def _call(role: str, call: Callable[[Any], Any]) -> Any:
    store = getattr(_opened, role)
    return outcome(lambda: call(store))


def _kill(
    opener: Callable[[], IBackend],
    role: str,
    call: Callable[[Any], Any],
    line: int,
    code: Code,
) -> str:
    receiver, sender = os.pipe()
    if child := os.fork():
        os.close(sender)
        said = os.read(receiver, 4000).decode(errors="replace")
        os.close(receiver)
        _, status = os.waitpid(child, 0)
        return KILLED if os.WIFSIGNALED(status) and not said else said
    try:
        # A store of its own, which has a connection already.
        store = getattr(opener(), role)
        store.export(limit=1)
        killed_at(partial(call, store), line, code)
        os.write(sender, ENDED.encode())
    except BaseException as error:
        os.write(sender, f"{type(error).__name__}: {error}".encode()[:4000])
    finally:
        # Without the normal exit of a program: its exit handlers belong to the parent.
        os._exit(0)

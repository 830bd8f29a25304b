"""A third-party backend: one pickle file for each store, written with public names only.

At every call, a lock is taken, the file's records are loaded into a memory store by
``import_``, the call is executed there, and the result of ``export`` replaces the file.
Slow, but correct, also between processes.

.. code-block:: ini

    oauth2.backend = tests.backends.toy_backend
    oauth2.toy.directory = %(here)s
"""

from __future__ import annotations

import fcntl
import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

from pyramid.exceptions import ConfigurationError
from zope.interface import implementer

from pyramid_oauth2 import PerProcess
from pyramid_oauth2.backends.memory import MemoryBackend
from pyramid_oauth2.interfaces import IBackend

READS = {"find", "get", "was_deleted", "grants", "tokens", "list", "search", "export"}


# One for all files: the system would treat two threads with a file each as a deadlock.
_lock = PerProcess(Lock)


class ToyStore:
    """One store in one file.

    :param role: ``clients``, ``grants``, ``consents`` or ``entries``.
    """

    def __init__(self, file: Path, role: str) -> None:
        self._file, self._role = file, role

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*arguments: Any, **keywords: Any) -> Any:
            with self._opened(save=name not in READS) as store:
                return getattr(store, name)(*arguments, **keywords)

        return call

    @contextmanager
    def _opened(self, save: bool) -> Iterator[Any]:
        store = getattr(MemoryBackend(), self._role)
        with _lock(), self._file.with_suffix(".lock").open("a") as lock:
            # Not flock: its lock is inherited by a child that is forked meanwhile.
            fcntl.lockf(lock, fcntl.LOCK_EX)
            if self._file.exists():
                store.import_(pickle.loads(self._file.read_bytes()))
            yield store
            if save:
                # A process that is killed leaves the old file or the new one.
                written = self._file.with_suffix(".new")
                written.write_bytes(pickle.dumps(store.export(limit=10**9).items))
                written.replace(self._file)


@implementer(IBackend)
class ToyBackend:
    """Four files in a directory."""

    def __init__(self, directory: Path) -> None:
        self.clients = ToyStore(directory / "clients", "clients")
        self.grants = ToyStore(directory / "grants", "grants")
        self.consents = ToyStore(directory / "consents", "consents")
        self.entries = ToyStore(directory / "entries", "entries")

    def check(self) -> tuple[str, ...]:
        return ("This is a toy.",)

    def close(self) -> None:
        """There is nothing to close."""


def includeme(config: Any) -> None:
    def factory(settings: Any) -> ToyBackend:
        section = settings.section("toy")
        if "directory" not in section:
            raise ConfigurationError("oauth2.toy.directory is missing")
        return ToyBackend(Path(section["directory"]))

    config.add_oauth2_settings("toy", ["directory"])
    config.add_oauth2_backend(__name__, factory)

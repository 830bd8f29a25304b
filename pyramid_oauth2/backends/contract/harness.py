"""What a backend provides to the suite, and how each test gets an empty store."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, TypeAlias

import pytest

from pyramid_oauth2.interfaces import (
    IBackend,
    IClientStore,
    IConsentStore,
    IEntryStore,
    IGrantStore,
)
from pyramid_oauth2.protocol.records import (
    REFRESH_TOKEN,
    Consent,
    Entry,
    Grant,
    Reservation,
    Token,
)

from .factories import NOW, new_grant, new_token

Record: TypeAlias = Grant | Token | Reservation | Consent | Entry


class Contract(ABC):
    """The hooks of the suite; every group of tests inherits from it.

    While a test runs, ``self.backend`` is a backend with an empty store, and
    ``self.directory`` is a directory for this test, which exists before
    :meth:`make_backend` is called.

    A call is stopped at lines of the modules in the folders of the store's class and its bases.
    ``code_elsewhere`` names modules in other folders, such as those of a store that is wrapped.
    ``waits_in`` names the functions of that code in which it waits for its server, each time once:
    a call is then stopped behind each of them: between two of them, nothing changes there.
    """

    backend: IBackend
    directory: Path
    code_elsewhere: tuple[ModuleType, ...] = ()
    waits_in: tuple[FunctionType, ...] = ()

    @abstractmethod
    def make_backend(self) -> IBackend:
        """Return a backend with an empty store.

        Called before each test. The few tests that need a second store call it
        again after closing the first one, which may be erased for that.
        """

    def open_elsewhere(self) -> Callable[[], IBackend] | None:
        """Return a function with which another process opens the store of ``self.backend``.

        :return: a picklable callable without arguments; None if the store
            lives within one process, so that races between processes do not apply.
        """
        return None

    def raw_dump(self, backend: IBackend) -> bytes | None:
        """Return everything that the store holds, in its rawest available form.

        :return: rows or keys with their values, digests raw or in hexadecimal
            or base 64; None skips the tests of what is readable at rest.
        """
        return None

    def count_records(self, backend: IBackend) -> int | None:
        """Return how many rows or keys the store holds, including its own indexes.

        :return: None skips the tests for leaks.
        """
        return None

    def kept_for(self, backend: IBackend, record: Record) -> float | None:
        """Return for how many seconds from now on the store itself will keep a record.

        :param record: a grant, token, reservation, consent or entry that is stored.
        :return: 0 if it is gone; the least, where the record and its place in an index that
            lists it are kept for different times. None skips the tests of what a store removes
            by itself, which only a store with ``expires_itself`` needs.
        """
        return None

    @pytest.fixture(autouse=True)
    def _empty_store(self, tmp_path: Path) -> Iterator[None]:
        self.directory = tmp_path
        self.backend = self.make_backend()
        yield
        self.backend.close()

    def start_afresh(self) -> None:
        """Close the backend and continue with an empty one."""
        self.backend.close()
        self.backend = self.make_backend()

    def opened(self, kind: str = REFRESH_TOKEN, **fields: Any) -> tuple[Grant, Token]:
        """Open a grant with *fields* and one token, which ends with it."""
        grant = new_grant(**fields)
        token = new_token(kind, grant)
        assert self.grants.open(grant, [token], NOW) is True
        return grant, token

    @property
    def grants(self) -> IGrantStore:
        """The grant store under test."""
        store: IGrantStore = self.backend.grants
        return store

    @property
    def clients(self) -> IClientStore:
        """The client store under test."""
        store: IClientStore = self.backend.clients
        return store

    @property
    def consents(self) -> IConsentStore:
        """The consent store under test."""
        store: IConsentStore = self.backend.consents
        return store

    @property
    def entries(self) -> IEntryStore:
        """The entry store under test; skips the test if the backend has none."""
        store: IEntryStore | None = getattr(self.backend, "entries", None)
        if store is None:
            pytest.skip("the backend does not store entries, which only some features need")
        return store

    def counted(self) -> int:
        """How many records the store holds; skips the test if the backend cannot count them."""
        count = self.count_records(self.backend)
        if count is None:
            pytest.skip("implement count_records(backend) to run the tests for leaks")
        return count

    def dumped(self) -> bytes:
        """Everything that the store holds; skips the test if the backend cannot dump it."""
        dump = self.raw_dump(self.backend)
        if dump is None:
            pytest.skip("implement raw_dump(backend) to run the tests of what is readable at rest")
        return dump

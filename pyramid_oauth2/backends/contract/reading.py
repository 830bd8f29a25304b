"""What one process has written, every other one reads at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, TypeAlias

import pytest

from pyramid_oauth2.backends.memory import MemoryBackend

from .elsewhere import Elsewhere
from .harness import Contract
from .pausing import outcome
from .scenes import CALLERS, SOON, differences, labelled
from .writers import (
    CLIENTS,
    CONSENTS,
    ENTRIES,
    GRANTS,
    NO_CLIENT,
    NO_CONSENT,
    NO_ENTRY,
    OPENING,
    PURGE,
    Table,
)

Call: TypeAlias = Callable[[Any], Any]
Access: TypeAlias = Callable[[Call], Any]
"""Makes a call of a store, here or elsewhere."""


class Reading(Contract):
    """Writes in one process and reads in another; its subclasses say what."""

    def read_elsewhere(self, table: Table) -> None:
        """Both processes read before, so that each could have kept what it read."""
        opener, store = self.open_elsewhere(), getattr(self.backend, table.role, None)
        if opener is None or store is None:
            pytest.skip("the store is in one process (no open_elsewhere())")
        with Elsewhere(opener) as process:
            here = partial(_here, store)
            there = partial(_there, process, table.role)
            for name in table.writers:
                right = _written(table, name, _here_in_memory(table), ())[0]
                for write, read in ((here, there), (there, here)):
                    for seen in _written(table, name, write, (read, write)):
                        assert seen == right, "\n".join((name, *differences(seen, right)))


class GrantReading(Reading):
    """Tokens and grants."""

    @pytest.mark.parametrize("table", [GRANTS, OPENING], ids=["there", "new"])
    def test_reading_a_grant_elsewhere(self, table: Table) -> None:
        self.read_elsewhere(table)


class ClientReading(Reading):
    """Clients."""

    @pytest.mark.parametrize("table", [CLIENTS, NO_CLIENT], ids=["there", "new"])
    def test_reading_a_client_elsewhere(self, table: Table) -> None:
        self.read_elsewhere(table)


class ConsentReading(Reading):
    """Consents."""

    @pytest.mark.parametrize("table", [CONSENTS, NO_CONSENT], ids=["there", "new"])
    def test_reading_a_consent_elsewhere(self, table: Table) -> None:
        self.read_elsewhere(table)


class EntryReading(Reading):
    """Entries."""

    @pytest.mark.parametrize("table", [ENTRIES, NO_ENTRY], ids=["there", "new"])
    def test_reading_an_entry_elsewhere(self, table: Table) -> None:
        self.read_elsewhere(table)


def _written(table: Table, name: str, write: Access, read: Iterable[Access]) -> list[Any]:
    """What each access reads after one of the writers has written."""
    scene = table.scene()
    write(scene.lay)
    accesses = [*read] or [write]
    for access in accesses:
        access(scene.look)
    write(table.writers[name](scene, CALLERS[0]))
    look = partial(scene.look, purged_at=SOON if name == PURGE else 0)
    return [labelled(access(look), scene.names) for access in accesses]


def _here(store: Any, call: Call) -> Any:
    return outcome(partial(call, store))


def _there(process: Elsewhere, role: str, call: Call) -> Any:
    return process.start(role, call).result()


def _here_in_memory(table: Table) -> Access:
    return partial(_here, getattr(MemoryBackend(), table.role))

"""What one process has written, every other one reads at once."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from .elsewhere import Elsewhere
from .harness import Contract
from .pausing import outcome
from .scenes import CALLERS, differences, labelled
from .writers import (
    CLIENTS,
    CONSENTS,
    ENTRIES,
    GRANTS,
    NO_CLIENT,
    NO_CONSENT,
    NO_ENTRY,
    OPENING,
    Table,
)


class Reading(Contract):
    """Writes in one process and reads in another; its subclasses say what."""

    def read_elsewhere(self, table: Table) -> None:
        """Both processes read before, so that each could have kept what it read."""
        opener, store = self.open_elsewhere(), getattr(self.backend, table.role, None)
        if opener is None or store is None:
            pytest.skip("the store is in one process (no open_elsewhere())")
        with Elsewhere(opener) as process:
            for name, writer in table.writers.items():
                for here in (True, False):
                    scene = table.scene()
                    scene.lay(store)
                    looks: list[Any] = [scene.look(store), _read(process, table, scene.look)]
                    call = writer(scene, CALLERS[0])
                    outcome(partial(call, store)) if here else _read(process, table, call)
                    looks = [scene.look(store), _read(process, table, scene.look)]
                    ours, theirs = (labelled(look, scene.names) for look in looks)
                    assert ours == theirs, "\n".join((name, *differences(ours, theirs)))


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


def _read(process: Elsewhere, table: Table, call: Any) -> Any:
    return process.start(table.role, call).result()

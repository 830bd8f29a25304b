"""A process that is killed in the middle of a write: it is written as a whole, or not at all."""

from __future__ import annotations

import os
from functools import partial
from typing import Any

import pytest

from pyramid_oauth2.backends.memory import MemoryBackend

from .elsewhere import Elsewhere
from .harness import Contract
from .pausing import Code, Step, chosen, code_of, outcome, steps_of
from .scenes import CALLERS, Scene, differences, labelled
from .writers import CLIENTS, CONSENTS, ENTRIES, GRANTS, OPENING, Table


class Crashes(Contract):
    """Kills a process at each moment of a write; its subclasses say of which."""

    def crash(self, table: Table, name: str) -> None:
        """Kill a process before lines of a writer, and look at what is left.

        The call is then made again: a redemption by the same attempt wins.
        """
        opener, store = self.open_elsewhere(), getattr(self.backend, table.role, None)
        if opener is None or store is None or not hasattr(os, "fork"):
            pytest.skip("no process can be killed: the store is in one (no open_elsewhere())")
        states = _states(table, name)
        code = code_of(store, self.code_elsewhere, self.waits_in)
        steps = _rehearsed(table, name, store, code)
        faults, killed = [], 0
        with Elsewhere(opener) as process:
            for step in chosen(steps):
                scene, call = _set_up(table, name, store)
                killed += process.killed(table.role, call, step.number, code)
                left = _settled(scene, store)
                again = outcome(partial(call, store))
                end = labelled({"result": again, **scene.look(store)}, scene.names)
                for seen, allowed in ((left, states[:2]), (end, states[2:])):
                    if seen not in allowed:
                        nearest = min((list(differences(seen, each)) for each in allowed), key=len)
                        faults.append(f"killed before {step.place}:\n  " + "\n  ".join(nearest))
        assert not faults, "\n\n".join(faults)
        assert killed, f"{name} was at its end before each of the lines"


class GrantCrashes(Crashes):
    """The writes of tokens and grants."""

    @pytest.mark.parametrize("name", sorted(GRANTS.writers.keys() - GRANTS.silent))
    def test_crash_in_a_write_to_a_grant(self, name: str) -> None:
        self.crash(GRANTS, name)

    @pytest.mark.parametrize("name", ["open", "redeem_into"])
    def test_crash_in_the_opening_of_a_grant(self, name: str) -> None:
        self.crash(OPENING, name)


class ClientCrashes(Crashes):
    """The writes of clients."""

    @pytest.mark.parametrize("name", CLIENTS.writers)
    def test_crash_in_a_write_to_a_client(self, name: str) -> None:
        self.crash(CLIENTS, name)


class ConsentCrashes(Crashes):
    """The writes of consents."""

    @pytest.mark.parametrize("name", ["insert", "replace", "forget"])
    def test_crash_in_a_write_to_a_consent(self, name: str) -> None:
        self.crash(CONSENTS, name)


class EntryCrashes(Crashes):
    """The writes of entries."""

    @pytest.mark.parametrize("name", ["insert", "replace", "delete"])
    def test_crash_in_a_write_to_an_entry(self, name: str) -> None:
        self.crash(ENTRIES, name)


def _set_up(table: Table, name: str, store: Any) -> tuple[Scene, Any]:
    scene = table.scene()
    scene.lay(store)
    return scene, table.writers[name](scene, CALLERS[0])


def _rehearsed(table: Table, name: str, store: Any, code: Code) -> list[Step]:
    _, call = _set_up(table, name, store)
    return steps_of(partial(call, store), code)


def _settled(scene: Scene, store: Any) -> Any:
    """What is left, once a server has noticed the end of the process."""
    seen, before = labelled(scene.look(store), scene.names), None
    while seen != before:
        seen, before = labelled(scene.look(store), scene.names), seen
    return seen


def _states(table: Table, name: str) -> list[Any]:
    """What may be left: nothing or everything; and after the call is made again."""
    store = getattr(MemoryBackend(), table.role)
    scene, call = _set_up(table, name, store)
    states = [labelled(scene.look(store), scene.names)]
    ends = []
    for _ in range(2):
        result = outcome(partial(call, store))
        states.append(labelled(scene.look(store), scene.names))
        ends.append(labelled({"result": result, **scene.look(store)}, scene.names))
    return [*states[:2], *ends]

"""The suite detects faults: each fault in broken.py fails the tests that are meant for it."""

from __future__ import annotations

import multiprocessing
from functools import cache, partial
from multiprocessing.managers import BaseManager

import pytest

from pyramid_oauth2.backends import contract, memory
from pyramid_oauth2.backends.contract import BackendContract, Contract
from pyramid_oauth2.backends.contract.factories import NOW
from pyramid_oauth2.backends.contract.pausing import chosen, code_of, steps_of
from pyramid_oauth2.backends.contract.races import RedemptionRaces
from pyramid_oauth2.backends.contract.racing import race_of_processes, race_of_threads
from pyramid_oauth2.backends.contract.write_races import WriteRaces
from pyramid_oauth2.backends.memory.grants import MemoryGrantStore

from . import broken
from .hunt import hunt
from .memory_contract import MemoryContract

FAULTS = [name for name in vars(broken) if name.startswith("Test") and name != "TestSound"]


@pytest.fixture(scope="module")
def caught() -> set[str]:
    """The faults that the suite detected, in one session of its own."""
    return hunt([broken.__file__])


@pytest.mark.parametrize("fault", FAULTS)
def test_fault_is_caught(caught: set[str], fault: str):
    assert fault in caught


def test_a_backend_without_a_fault_is_not_accused(caught: set[str]):
    assert "TestSound" not in caught


def test_every_test_has_a_name_of_its_own():
    groups = {group for group in BackendContract.__mro__ if issubclass(group, Contract)}
    names = [name for group in groups for name in vars(group) if not name.startswith("_")]
    assert len(names) == len(set(names))


def test_every_group_is_in_the_contract():
    for name in contract.__all__:
        assert issubclass(BackendContract, getattr(contract, name))


def test_a_call_is_stopped_in_code_elsewhere_too():
    class Thin:
        def __init__(self, store):
            self.purge = store.purge

    store = Thin(MemoryGrantStore())
    call = partial(store.purge, NOW)
    assert steps_of(call, code_of(store)) == []
    steps = steps_of(call, code_of(store, [memory]))
    assert {step.place.partition(":")[0] for step in steps} >= {"grants.py"}


class Asking:
    """A store that asks its server three times, by one function."""

    def write(self):
        for _ in range(3):
            self.ask()
        return "written"

    def ask(self):
        return None


def test_a_call_is_stopped_behind_each_function_in_which_it_waits():
    store = Asking()
    steps = steps_of(store.write, code_of(store, waits_in=[Asking.ask]))
    begin, *behind = chosen(steps)
    assert begin.number == 0
    assert [step.waited for step in behind] == [True] * 3


def test_make_backend_is_mandatory():
    with pytest.raises(TypeError, match="make_backend"):
        type("TestNothing", (BackendContract,), {})()


class Hookless(MemoryContract):
    def raw_dump(self, backend):
        return None

    def count_records(self, backend):
        return None


@pytest.mark.parametrize(("method", "hook"), [("dumped", "raw_dump"), ("counted", "count_records")])
def test_a_missing_hook_is_named(method, hook):
    suite = Hookless()
    suite.backend = suite.make_backend()
    with pytest.raises(pytest.skip.Exception, match=hook):
        getattr(suite, method)()


class Server(BaseManager):
    """Keeps memory stores in a separate process, so that others can race for one."""


Server.register("store", MemoryGrantStore)


@cache
def server():
    running = Server(ctx=multiprocessing.get_context("spawn"))
    running.start()
    return running


class Served:
    def __init__(self, grants):
        self.grants = grants

    def close(self):
        pass


class TestRacesBetweenProcesses(RedemptionRaces, WriteRaces):
    def make_backend(self):
        return Served(server().store())

    def open_elsewhere(self):
        return partial(Served, self.backend.grants)


def fail(store):
    raise RuntimeError("in a racer")


@pytest.mark.parametrize("arena", ["threads", "processes"])
def test_failure_of_a_racer_is_raised(arena):
    suite = MemoryContract()
    race = {
        "threads": partial(race_of_threads, suite.make_backend()),
        "processes": partial(race_of_processes, suite.make_backend),
    }[arena]
    with pytest.raises(RuntimeError, match="in a racer"):
        race([[fail] * 4])

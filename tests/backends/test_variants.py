"""What a run leaves out on the variants of a store, and that a thorough run leaves out nothing."""

from __future__ import annotations

import pytest

from pyramid_oauth2.backends.contract import BackendContract, Contract

from .test_pgbouncer import TestPgBouncer as PgBouncer
from .test_redis import TestCluster as Cluster
from .test_redis import TestSentinel as Sentinel
from .variants import Variant, skip_what_is_alike

# Pytest would collect them here as well.
VARIANTS = [PgBouncer, Cluster, Sentinel]
del PgBouncer, Cluster, Sentinel


class Item:
    """A test as pytest collects it."""

    def __init__(self, suite: type, name: str) -> None:
        self.cls, self.name = suite, f"{name}[a parameter]"
        self.originalname = name
        self.skipped = False

    def add_marker(self, marker: pytest.MarkDecorator) -> None:
        assert marker.name == "skip"
        self.skipped = True


def left_out(suite: type) -> set[str]:
    names = [name for name in dir(suite) if name.startswith("test_")]
    items = [Item(suite, name) for name in names]
    skip_what_is_alike(items)  # type: ignore[arg-type]
    return {item.originalname for item in items if item.skipped}


@pytest.mark.parametrize("suite", VARIANTS)
@pytest.mark.parametrize("rounds", ["0.1", "1"])
def test_a_variant(monkeypatch: pytest.MonkeyPatch, suite: type[Variant], rounds: str):
    monkeypatch.setenv("TEST_ROUNDS", rounds)
    groups = {each for each in BackendContract.__mro__ if issubclass(each, Contract)}
    assert set(suite.differs_in) < groups
    tests = {name for group in groups for name in vars(group) if name.startswith("test_")}
    kept = {name for group in suite.differs_in for name in vars(group)}
    assert left_out(suite) == (tests - kept if rounds == "0.1" else set())


def test_what_is_no_variant_is_run_whole(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TEST_ROUNDS", "0.1")
    assert left_out(BackendContract) == set()

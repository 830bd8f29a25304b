"""Finds out which broken backends the contract detects, by running it on each of them."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Iterable

import pytest


class Hunt:
    """Runs the tests that must detect the fault of each broken backend, until one does."""

    def __init__(self) -> None:
        self.caught: set[str] = set()

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [
            item
            for item in items
            if any(words in item.name for words in item.cls.caught_by.split(" or "))
        ]

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        if item.cls.__name__ in self.caught:
            pytest.skip("caught already")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]):
        report = yield
        # A warning may come from another class.
        warned = call.excinfo is not None and isinstance(call.excinfo.value, Warning)
        if report.when == "call" and report.failed and not warned:
            self.caught.add(item.cls.__name__)
        return report


def hunt(files: Iterable[str]) -> set[str]:
    """The names of the classes in these files that a test detected."""
    plugin = Hunt()
    quiet = ["-q", "--tb=no", "--no-summary", "-p", "no:cacheprovider"]
    pytest.main([*files, *quiet], plugins=[plugin])
    with warnings.catch_warnings():
        # What broken backends have left open is no fault of the next test.
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
    return plugin.caught

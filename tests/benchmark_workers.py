"""The workers of a benchmark, in the process of the test instead of processes of their own."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from benchmarks import running, worker
from benchmarks.applications import start
from benchmarks.running import Subject, Worker
from benchmarks.sizes import __main__ as sizes
from benchmarks.sizes import purging
from benchmarks.traffic import meter_of


class WorkerHere(Worker):
    """Does what a worker's process does; a process of its own needs a second to start."""

    def __init__(self, subject: Subject, store: str, url: str, counts: bool = False) -> None:
        assert subject.tree == running.ROOT, "another revision needs a process of its own"
        self._meter = meter_of(store, url) if counts else None
        self._site = start(subject.application, store, self._meter.url if self._meter else url)

    def _answer(self, verb: str, what: str, number: int) -> list[float]:
        return list(worker._answer(self._site, self._meter, verb, what, number))

    def close(self) -> None:
        self._site.close()
        if self._meter is not None:
            self._meter.close()


@pytest.fixture
def workers_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the commands measure in this process.

    Another test runs them with processes: what differs is only that.
    """
    for module in (running, sizes, purging):
        monkeypatch.setattr(module, "Worker", WorkerHere)


@pytest.fixture
def uncollected(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measure without collecting the garbage of all tests before: that takes seconds."""
    monkeypatch.setattr(worker, "gc", SimpleNamespace(collect=lambda: None))

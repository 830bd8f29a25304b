"""Measures applications alternately, so that other work of the machine affects all of them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TypeAlias

from .stores import STORES
from .traffic import Traffic
from .workloads import BESIDE

ROOT = Path(__file__).parents[1]
# psycopg prepares a statement the sixth time: before that, its text is sent.
WARMING = 10


@dataclass(frozen=True)
class Subject:
    """What is measured: an application, and the checkout that has its add-on.

    :param application: as :func:`~benchmarks.applications.start` takes it.
    """

    application: str
    tree: Path = ROOT


@dataclass(frozen=True)
class Measuring:
    """How many requests are measured.

    :param batches: number of batches for each workload; their median is reported.
    :param size: requests in a batch.
    :param counted: requests of which the traffic to the store is counted.
    """

    batches: int
    size: int
    counted: int


@contextmanager
def revision(name: str) -> Iterator[Path]:
    """A checkout of another revision, without its history."""
    with TemporaryDirectory(prefix="bench-") as folder:
        # With safe.directory, since the checkout may belong to another user.
        git = ["git", "-c", f"safe.directory={ROOT}"]
        archive = subprocess.run(
            [*git, "archive", name, "pyramid_oauth2"], cwd=ROOT, check=True, stdout=subprocess.PIPE
        )
        subprocess.run(["tar", "-x", "-C", folder], input=archive.stdout, check=True)
        yield Path(folder)


class Worker:
    """A process that measures one application on a store of its own.

    :param task: ``measure`` the CPU time, or ``count`` what is sent to the store.
    """

    def __init__(self, task: str, subject: Subject, store: str, url: str) -> None:
        # -P: the working directory has a package of the same name as the other revision.
        command = [sys.executable, "-P", "-m", "benchmarks.worker"]
        self._process = subprocess.Popen(
            [*command, task, subject.application, store, url],
            env=os.environ | {"PYTHONPATH": f"{subject.tree}{os.pathsep}{ROOT}"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def measure(self, workload: str, size: int) -> float:
        """The CPU time of a request, in nanoseconds."""
        (nanoseconds,) = self._answer(workload, size)
        return nanoseconds

    def count(self, workload: str, size: int) -> Traffic:
        """What a request sends to the store."""
        return Traffic(*self._answer(workload, size))

    def _answer(self, workload: str, size: int) -> list[float]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{workload} {size}\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("A worker ended: what it says is above.")
        return [float(word) for word in line.split()]

    def stop(self) -> None:
        """Stop the process."""
        self._process.communicate()


Results: TypeAlias = Iterator[tuple[str, dict[str, float]]]


def medians(
    subjects: Mapping[str, Subject], store: str, workloads: list[str], measuring: Measuring
) -> Results:
    """The CPU time of a request in nanoseconds, by subject, one workload after the other."""
    with _workers("measure", subjects, store) as workers:
        for workload in workloads:
            able = {name: each for name, each in workers.items() if can(subjects[name], workload)}
            times: dict[str, list[float]] = {name: [] for name in able}
            for worker in able.values():
                worker.measure(workload, measuring.size)  # Fills the caches.
            for _ in range(measuring.batches):
                for name, worker in able.items():
                    times[name].append(worker.measure(workload, measuring.size))
            yield workload, {name: median(values) for name, values in times.items()}


def traffics(
    subjects: Mapping[str, Subject], store: str, workloads: list[str], measuring: Measuring
) -> Iterator[tuple[str, dict[str, Traffic]]]:
    """What a request sends to the store, by subject, one workload after the other."""
    with _workers("count", subjects, store) as workers:
        for workload in workloads:
            able = {name: each for name, each in workers.items() if can(subjects[name], workload)}
            for worker in able.values():
                worker.count(workload, WARMING)
            yield (
                workload,
                {name: each.count(workload, measuring.counted) for name, each in able.items()},
            )


def can(subject: Subject, workload: str) -> bool:
    """Whether the subject has the feature that the workload needs."""
    return workload not in BESIDE or "+" in subject.application


@contextmanager
def _workers(task: str, subjects: Mapping[str, Subject], store: str) -> Iterator[dict[str, Worker]]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="bench-")))
        new_store = stack.enter_context(STORES[store](folder))
        workers = {}
        for name, subject in subjects.items():
            workers[name] = Worker(task, subject, store, new_store())
            stack.callback(workers[name].stop)
        yield workers

"""Measures applications alternately, so that other work of the machine affects all of them."""

from __future__ import annotations

import os
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from .stores import STORES, NewStore
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


def add_options(parser: ArgumentParser) -> None:
    """Add the options of a command that measures requests in a process."""
    parser.add_argument("--store", action="append", choices=STORES, help="default: all")
    parser.add_argument("--workload", action="append", metavar="NAME", help="default: all")
    parser.add_argument("--batches", type=int, default=9, help="of each workload (9)")
    parser.add_argument("--size", type=int, default=120, help="requests of a batch (120)")
    parser.add_argument("--counted", type=int, default=50, help="requests to count (50)")
    parser.add_argument("--markdown", action="store_true", help="for the documentation")


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

    :param counts: whether it can count what is sent to the store, instead of CPU time: there
        is a relay in its process then.
    """

    def __init__(self, subject: Subject, store: str, url: str, counts: bool = False) -> None:
        # -P: the working directory has a package of the same name as the other revision.
        command = [sys.executable, "-P", "-m", "benchmarks.worker"]
        self._process = subprocess.Popen(
            [*command, subject.application, store, url, "count" if counts else "measure"],
            env=os.environ | {"PYTHONPATH": f"{subject.tree}{os.pathsep}{ROOT}"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def measure(self, workload: str, size: int) -> float:
        """The CPU time of a request, in nanoseconds."""
        (nanoseconds,) = self._answer("measure", workload, size)
        return nanoseconds

    def latency(self, workload: str, size: int) -> float:
        """The median time of a request, in nanoseconds."""
        (nanoseconds,) = self._answer("latency", workload, size)
        return nanoseconds

    def count(self, workload: str, size: int) -> Traffic:
        """What a request sends to the store, after as many that prepare its statements."""
        self._answer("count", workload, WARMING)
        return Traffic(*self._answer("count", workload, size))

    def fill(self, what: str, grants: int) -> float:
        """Add grants to the store; return the number of records.

        :param what: ``live`` or ``expired``.
        """
        (records,) = self._answer("fill", what, grants)
        return records

    def _answer(self, verb: str, what: str, number: int) -> list[float]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{verb} {what} {number}\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("A worker ended: what it says is above.")
        return [float(word) for word in line.split()]

    def close(self) -> None:
        """Stop the process."""
        self._process.communicate()


def alternately(
    workers: Mapping[str, Worker],
    workload: str,
    measuring: Measuring,
    measure: Callable[[Worker, str, int], float] = Worker.measure,
) -> dict[str, float]:
    """The cost of a request in nanoseconds, by worker: the median of batches in turn.

    :param measure: measures a batch: the CPU time, or ``Worker.latency``.
    """
    times: dict[str, list[float]] = {name: [] for name in workers}
    for worker in workers.values():
        measure(worker, workload, measuring.size)  # Fills the caches.
    for _ in range(measuring.batches):
        for name, worker in workers.items():
            times[name].append(measure(worker, workload, measuring.size))
    return {name: median(values) for name, values in times.items()}


def medians(
    subjects: Mapping[str, Subject], store: str, workloads: list[str], measuring: Measuring
) -> Iterator[tuple[str, dict[str, float]]]:
    """The CPU time of a request in nanoseconds, by subject, one workload after the other."""
    with _workers(subjects, store, counts=False) as workers:
        for workload in workloads:
            able = {name: each for name, each in workers.items() if can(subjects[name], workload)}
            yield workload, alternately(able, workload, measuring)


def traffics(
    subjects: Mapping[str, Subject], store: str, workloads: list[str], measuring: Measuring
) -> Iterator[tuple[str, dict[str, Traffic]]]:
    """What a request sends to the store, by subject, one workload after the other."""
    with _workers(subjects, store, counts=True) as workers:
        for workload in workloads:
            able = {name: each for name, each in workers.items() if can(subjects[name], workload)}
            counts = {name: each.count(workload, measuring.counted) for name, each in able.items()}
            yield workload, counts


def can(subject: Subject, workload: str) -> bool:
    """Whether the subject has the feature that the workload needs."""
    return workload not in BESIDE or "+" in subject.application


@contextmanager
def _workers(
    subjects: Mapping[str, Subject], store: str, counts: bool
) -> Iterator[dict[str, Worker]]:
    with new_stores(store) as new_store, ExitStack() as stack:
        workers = {}
        for name, subject in subjects.items():
            workers[name] = Worker(subject, store, new_store(), counts)
            stack.callback(workers[name].close)
        yield workers


@contextmanager
def new_stores(store: str) -> Iterator[NewStore]:
    """Run the server of a store, with files in a folder that is removed at the end."""
    with TemporaryDirectory(prefix="bench-") as folder, STORES[store](Path(folder)) as new_store:
        yield new_store

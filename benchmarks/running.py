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

from .stores import STORES

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Subject:
    """What is measured: an application, and the checkout that has its add-on."""

    application: str
    tree: Path = ROOT


@dataclass(frozen=True)
class Measuring:
    """How many requests are measured.

    :param batches: number of batches for each workload; their median is reported.
    :param size: requests in a batch.
    """

    batches: int
    size: int


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
    """A process that measures one application on a store of its own."""

    def __init__(self, subject: Subject, store: str, url: str) -> None:
        # -P: the working directory has a package of the same name as the other revision.
        command = [sys.executable, "-P", "-m", "benchmarks.worker"]
        self._process = subprocess.Popen(
            [*command, subject.application, store, url],
            env=os.environ | {"PYTHONPATH": f"{subject.tree}{os.pathsep}{ROOT}"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def measure(self, workload: str, size: int) -> float:
        """The CPU time of a request, in nanoseconds."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{workload} {size}\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("A worker ended: what it says is above.")
        return float(line)

    def stop(self) -> None:
        """Stop the process."""
        self._process.communicate()


def medians(
    subjects: Mapping[str, Subject], store: str, workloads: list[str], measuring: Measuring
) -> Iterator[tuple[str, dict[str, float]]]:
    """The CPU time of a request in nanoseconds, by subject, one workload after the other."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="bench-")))
        new_store = stack.enter_context(STORES[store](folder))
        workers = {name: Worker(subject, store, new_store()) for name, subject in subjects.items()}
        for worker in workers.values():
            stack.callback(worker.stop)
        for workload in workloads:
            times: dict[str, list[float]] = {name: [] for name in workers}
            for worker in workers.values():
                worker.measure(workload, measuring.size)  # Fills the caches.
            for _ in range(measuring.batches):
                for name, worker in workers.items():
                    times[name].append(worker.measure(workload, measuring.size))
            yield workload, {name: median(values) for name, values in times.items()}

"""How long a token request takes while another process purges the store."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from statistics import median

from ..running import ROOT, Subject, Worker, new_stores
from .filling import EXPIRED, LIVE

WORKLOAD = "W1"
SAMPLE = 50  # requests
CONTROL = 100_000  # tokens


@dataclass(frozen=True)
class Beside:
    """What was measured beside a purge.

    :param latency: the median of a token request, in nanoseconds.
    :param removed: how many records the purge removed.
    :param seconds: how long it took.
    """

    latency: float
    removed: int
    seconds: float


@dataclass(frozen=True)
class Comparison:
    """What was measured.

    :param alone: the median latency of a token request without a purge, in nanoseconds.
    :param control: beside the purge of another store on the same server. It takes the same
        processors, so the difference to it is what the purge does to the store.
    :param purged: beside the purge of the store itself.
    """

    alone: float
    control: Beside
    purged: Beside


def purge_under_load(store: str, size: int, samples: int = 10) -> Comparison:
    """Purge so many expired tokens while tokens are requested.

    On Redis, what has expired is gone by itself. There the purge looks through so many
    tokens that live.

    :param samples: how often 50 requests are measured without the purge.
    """
    kind = LIVE if store == "redis" else EXPIRED
    with new_stores(store) as new_store:
        url, other = new_store(), new_store()
        with closing(Worker(Subject("addon"), store, other)) as worker:
            worker.fill(kind, min(size, CONTROL) // 2)  # A grant has two tokens.
        with closing(Worker(Subject("addon"), store, url)) as worker:
            worker.latency(WORKLOAD, SAMPLE)  # Fills the caches.
            alone = median(worker.latency(WORKLOAD, SAMPLE) for _ in range(samples))
            control = _beside(worker, store, other)
            worker.fill(kind, size // 2)
            return Comparison(alone, control, _beside(worker, store, url))


def _beside(worker: Worker, store: str, purged: str) -> Beside:
    """Request tokens while another process purges a store."""
    command = [sys.executable, "-m", "benchmarks.sizes.purge", store, purged]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as purge:
        assert purge.stdout is not None
        purge.stdout.readline()  # It begins.
        start = time.monotonic()
        latencies = [worker.latency(WORKLOAD, SAMPLE)]
        while purge.poll() is None:
            latencies.append(worker.latency(WORKLOAD, SAMPLE))
        seconds = time.monotonic() - start
        return Beside(median(latencies), int(purge.stdout.read()), seconds)

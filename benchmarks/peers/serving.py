"""Runs a server in processes of its own, and reads how much CPU time they took."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from socket import create_connection

from tests.ports import free_port

from ..running import ROOT
from ..site import Environ, Site
from ..workloads import requests_of
from .catalog import PORT, Peer
from .over_http import HOST, Remote

PATIENCE = 60  # seconds for a server to come up


@dataclass(frozen=True)
class Cost:
    """What a request costs.

    :param cpu: of the processes of the server, in seconds.
    :param rate: requests a second.
    :param latencies: of each request, in seconds.
    """

    cpu: float
    rate: float
    latencies: Sequence[float]


class Server:
    """A peer that serves.

    :param pid: its first process.
    :param connections: how many requests are sent at the same time.
    """

    def __init__(self, site: Site, pid: int, connections: int) -> None:
        self._site, self._pid = site, pid
        # Its threads keep their connections from one batch to the next.
        self._clients = ThreadPoolExecutor(connections)

    def measure(self, workload: str, size: int) -> Cost:
        """Send so many requests of a workload, after their preparation."""
        requests = list(islice(requests_of(workload, self._site), size))
        before, start = cpu_of(self._pid), time.perf_counter()
        latencies = list(self._clients.map(self._timed, requests))
        end, after = time.perf_counter(), cpu_of(self._pid)
        return Cost((after - before) / size, size / (end - start), latencies)

    def _timed(self, request: Environ) -> float:
        start = time.perf_counter()
        self._site.ask(request)
        return time.perf_counter() - start


def cpu_of(pid: int) -> float:
    """The CPU time of a process and its descendants until now, in seconds, on Linux."""
    # The clock of another process, as clock_getcpuclockid(3) makes it: it counts nanoseconds,
    # where /proc counts hundredths of a second.
    clock = (~pid << 3) | 2
    return time.clock_gettime(clock) + sum(map(cpu_of, _children(pid)))


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(FileNotFoundError):  # A thread that has ended meanwhile.
            found += map(int, (task / "children").read_text().split())
    return found


@contextmanager
def serving(peer: Peer, store: str, url: str, log: Path, connections: int = 1) -> Iterator[Server]:
    """Prepare an empty store and serve it until the block ends.

    :raises RuntimeError: the server does not come up; the message has its output.
    """
    port = free_port()
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "BENCH_STORE": store,
        "BENCH_URL": url,
        "BENCH_PORT": str(port),
        **peer.variables,
    }
    prepared = subprocess.run(
        peer.prepare, env=environment, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    )
    secret = prepared.stdout.split()[-1]
    with log.open("w") as output:
        process = subprocess.Popen(
            [word.replace(PORT, str(port)) for word in peer.serve],
            env=environment | {"BENCH_SECRET": secret},
            cwd=ROOT,
            stdout=output,
            stderr=output,
            process_group=0,
        )
    try:
        _wait(process, port, log)
        with closing(Remote(port)) as remote:
            yield Server(Site(remote, secret, remote.close), process.pid, connections)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        with suppress(OSError):
            create_connection((HOST, port), timeout=1).close()
            return
        time.sleep(0.05)
    raise RuntimeError(f"{process.args!r} does not serve:\n{log.read_text()}")

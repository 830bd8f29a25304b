"""One application on one store, in a process that measures it: ``python -m benchmarks.worker``.

A line of standard input has what to do, a workload and a number of requests. The resulting
line of output has the CPU time or the latency of one request, in nanoseconds, or what it sends
to the store.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Iterable
from itertools import islice
from statistics import median

from .applications import start
from .site import Environ, Site
from .sizes.filling import EXPIRED, fill
from .traffic import Meter, Traffic, meter_of
from .workloads import requests_of


def measured(site: Site, workload: str, number: int) -> float:
    """The CPU time of one request of the workload in nanoseconds, in this process only."""
    requests = _requests(site, workload, number)
    gc.collect()
    before = time.process_time_ns()
    for request in requests:
        site.ask(request)
    return (time.process_time_ns() - before) / number


def counted(site: Site, meter: Meter, workload: str, number: int) -> Traffic:
    """What one request of the workload sends to the store, the mean of so many."""
    requests = _requests(site, workload, number)
    before = meter.read()
    for request in requests:
        site.ask(request)
    return meter.read().since(before, number)


def _requests(site: Site, workload: str, number: int) -> list[Environ]:
    return list(islice(requests_of(workload, site), number))


def latency(site: Site, workload: str, number: int) -> float:
    """The median time of so many requests of the workload, in nanoseconds."""
    times = []
    for request in _requests(site, workload, number):
        before = time.perf_counter_ns()
        site.ask(request)
        times.append(time.perf_counter_ns() - before)
    return median(times)


def main() -> None:
    """Serve until the input ends."""
    application, store, url, counts = sys.argv[1:]
    meter = meter_of(store, url) if counts == "count" else None
    site = start(application, store, meter.url if meter else url)
    for line in sys.stdin:
        verb, what, number = line.split()
        print(*_answer(site, meter, verb, what, int(number)), flush=True)


def _answer(site: Site, meter: Meter | None, verb: str, what: str, number: int) -> Iterable[float]:
    if verb == "count":
        assert meter is not None
        return counted(site, meter, what, number)
    if verb == "fill":
        return [fill(site, number, expired=what == EXPIRED)]
    return [(latency if verb == "latency" else measured)(site, what, number)]


if __name__ == "__main__":
    main()

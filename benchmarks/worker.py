"""One application on one store, in a process that measures it: ``python -m benchmarks.worker``.

A line of standard input has a workload and a number of requests. The resulting line of
output has the CPU time of one request, in nanoseconds, or what it sends to the store.
"""

from __future__ import annotations

import gc
import sys
import time
from itertools import islice

from .applications import start
from .site import Environ, Site
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


def main() -> None:
    """Serve until the input ends."""
    task, application, store, url = sys.argv[1:]
    meter = meter_of(store, url) if task == "count" else None
    site = start(application, store, meter.url if meter else url)
    for line in sys.stdin:
        workload, number = line.split()
        if meter:
            print(*counted(site, meter, workload, int(number)), flush=True)
        else:
            print(measured(site, workload, int(number)), flush=True)


if __name__ == "__main__":
    main()

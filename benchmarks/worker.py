"""One application on one store, in a process that measures it: ``python -m benchmarks.worker``.

A line of standard input has a workload and a number of requests; the resulting line of
output is the CPU time of one request, in nanoseconds.
"""

from __future__ import annotations

import gc
import sys
import time
from importlib import import_module
from itertools import islice

from .site import Site
from .workloads import requests_of


def measured(site: Site, workload: str, number: int) -> float:
    """The CPU time of one request of the workload in nanoseconds, in this process only."""
    requests = list(islice(requests_of(workload, site), number))
    gc.collect()
    before = time.process_time_ns()
    for request in requests:
        site.ask(request)
    return (time.process_time_ns() - before) / number


def main() -> None:
    """Serve until the input ends."""
    application, store, url = sys.argv[1:]
    site: Site = import_module(f".{application}", __package__).make_site(store, url)
    for line in sys.stdin:
        workload, number = line.split()
        print(measured(site, workload, int(number)), flush=True)


if __name__ == "__main__":
    main()

"""``python -m benchmarks.sizes NUMBER``: requests in a full store, and beside a purge."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from contextlib import closing

from ..running import Measuring, Subject, Worker, add_options, alternately, new_stores
from ..stores import STORES
from ..tables import Table
from ..traffic import Traffic
from ..workloads import opaque, title
from .filling import LIVE
from .purging import purge_under_load

ADDON = Subject("addon")
PARTS = ("growth", "purge")


def main(words: Sequence[str] | None = None) -> None:
    """Measure, and print a table for each store, and one of the purges."""
    arguments = _parser().parse_args(words)
    stores = arguments.store or list(STORES)
    parts = arguments.part or PARTS
    if "growth" in parts:
        for store in stores:
            _print_growth(store, arguments)
    if "purge" in parts:
        _print_purges(stores, arguments)


def _print_purges(stores: Sequence[str], arguments: argparse.Namespace) -> None:
    columns = ["alone", "other purged", "purged", "purged/alone", "purged/other", "removed", "s"]
    table = Table(["W1: ms beside a purge", *columns], arguments.markdown)
    for store in stores:
        found = purge_under_load(store, arguments.number)
        purged, control = found.purged, found.control
        times = (found.alone, control.latency, purged.latency)
        table.add(
            store,
            *(f"{nanoseconds / 1e6:.2f}" for nanoseconds in times),
            f"{purged.latency / found.alone:.2f}",
            f"{purged.latency / control.latency:.2f}",
            str(purged.removed),
            f"{purged.seconds:.0f}",
        )


def _print_growth(store: str, arguments: argparse.Namespace) -> None:
    number, workloads = arguments.number, arguments.workload or opaque()
    measuring = Measuring(arguments.batches, arguments.size, arguments.counted)
    empty, full = "0", str(number)
    with new_stores(store) as new_store:
        urls = {empty: new_store(), full: new_store()}
        workers = {name: Worker(ADDON, store, url) for name, url in urls.items()}
        start = time.monotonic()
        records = workers[full].fill(LIVE, number)
        print(f"\n{store}: {records:.0f} records in {time.monotonic() - start:.0f} s")
        times = {name: alternately(workers, name, measuring) for name in workloads}
        # The CPU time is that of the application: what a server of its own pays is in this.
        waits = {name: alternately(workers, name, measuring, Worker.latency) for name in workloads}
        for worker in workers.values():
            worker.close()
        traffic = {name: _counted(store, url, workloads, measuring) for name, url in urls.items()}
    ratio, statements = f"{full}/{empty}", [f"{name} stmts" for name in urls]
    columns = [f"{store}: CPU us a call", empty, full, ratio, "latency", *statements]
    table = Table(columns, arguments.markdown)
    for name in workloads:
        cpu = times[name]
        table.add(
            title(name),
            *(f"{nanoseconds / 1000:.0f}" for nanoseconds in cpu.values()),
            f"{cpu[full] / cpu[empty]:.3f}",
            f"{waits[name][full] / waits[name][empty]:.3f}",
            *(f"{round(traffic[size][name].statements, 1):g}" for size in urls),
        )


def _counted(
    store: str, url: str, workloads: Sequence[str], measuring: Measuring
) -> dict[str, Traffic]:
    with closing(Worker(ADDON, store, url, counts=True)) as worker:
        return {name: worker.count(name, measuring.counted) for name in workloads}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks.sizes", description=__doc__)
    parser.add_argument("number", type=int, help="of grants, and of expired tokens")
    parser.add_argument("--part", action="append", choices=PARTS, help="default: both")
    add_options(parser)
    return parser


if __name__ == "__main__":
    main()

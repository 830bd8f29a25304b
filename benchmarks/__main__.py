"""``python -m benchmarks``: print the CPU time of one WSGI call, by workload and store."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import nullcontext

from .running import Measuring, Subject, medians, revision
from .stores import STORES
from .workloads import WORKLOADS

OURS, FLOOR = "this", "floor"


def main(words: Sequence[str] | None = None) -> None:
    """Measure, and print a table for each store."""
    arguments = _parser().parse_args(words)
    measuring = Measuring(arguments.batches, arguments.size)
    with revision(arguments.against) if arguments.against else nullcontext() as tree:
        subjects = {FLOOR: Subject("floor"), OURS: Subject("addon")}
        if tree:
            subjects[arguments.against] = Subject("addon", tree)
        for store in arguments.store or STORES:
            _print_table(store, subjects, arguments.workload or list(WORKLOADS), measuring)


def _print_table(
    store: str, subjects: dict[str, Subject], workloads: list[str], measuring: Measuring
) -> None:
    base = next((name for name in subjects if name not in (OURS, FLOOR)), FLOOR)
    columns = [*(name[:10] for name in subjects), f"{OURS}/{base[:7]}"]
    print(f"\n{store}: CPU us a call".ljust(26) + "".join(f"{name:>14}" for name in columns))
    for workload, times in medians(subjects, store, workloads, measuring):
        what = WORKLOADS[workload].__name__.replace("_", " ")
        row = [f"{nanoseconds / 1000:>14.0f}" for nanoseconds in times.values()]
        print(f"{workload} {what:<22}" + "".join(row) + f"{times[OURS] / times[base]:>14.3f}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks", description=__doc__)
    parser.add_argument("--against", metavar="REVISION", help="measure this commit in turn")
    parser.add_argument("--store", action="append", choices=STORES, help="default: all")
    parser.add_argument("--workload", action="append", choices=WORKLOADS, help="default: all")
    parser.add_argument("--batches", type=int, default=9, help="of each workload (9)")
    parser.add_argument("--size", type=int, default=120, help="requests of a batch (120)")
    return parser


if __name__ == "__main__":
    main()

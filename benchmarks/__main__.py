"""``python -m benchmarks``: what a request costs, by workload and store.

Prints the CPU time of one WSGI call, and what it sends to the store.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from importlib import import_module

from .running import Measuring, Subject, add_options, medians, revision, traffics
from .stores import STORES
from .tables import NONE, Table
from .workloads import BESIDE, WORKLOADS, opaque, title

OURS, FLOOR, FEATURE = "this", "floor", "feature"


def main(words: Sequence[str] | None = None) -> None:
    """Measure, and print two tables for each store."""
    arguments = _parser().parse_args(words)
    if arguments.feature:
        import_module(arguments.feature)  # Registers its workloads.
    with revision(arguments.against) if arguments.against else nullcontext() as tree:
        subjects = {FLOOR: Subject("floor"), OURS: Subject("addon")}
        if tree:
            subjects[arguments.against] = Subject("addon", tree)
        if arguments.feature:
            subjects[FEATURE] = Subject(f"addon+{arguments.feature}")
        workloads = arguments.workload or (list(WORKLOADS) if arguments.feature else opaque())
        measuring = Measuring(arguments.batches, arguments.size, arguments.counted)
        for store in arguments.store or STORES:
            _print_times(store, subjects, workloads, measuring, arguments.markdown)
            _print_traffic(store, subjects, workloads, measuring, arguments.markdown)


def _print_times(
    store: str,
    subjects: Mapping[str, Subject],
    workloads: list[str],
    measuring: Measuring,
    markdown: bool,
) -> None:
    over, under = _compared(subjects)
    table = Table([f"{store}: CPU us a call", *subjects, f"{over}/{under[:7]}"], markdown)
    known: dict[str, float] = {}
    for workload, times in medians(subjects, store, workloads, measuring):
        cells = [f"{times[name] / 1000:.0f}" if name in times else NONE for name in subjects]
        known[workload] = times[over]
        beside = BESIDE.get(workload, "")
        if beside:
            ratio = f"{times[over] / known[beside]:.3f} {beside}" if beside in known else NONE
        else:
            ratio = f"{times[over] / times[under]:.3f}"
        table.add(title(workload), *cells, ratio)


def _compared(subjects: Mapping[str, Subject]) -> tuple[str, str]:
    """Which of the subjects the last column divides by which."""
    if FEATURE in subjects:
        return FEATURE, OURS
    return OURS, next((name for name in subjects if name not in (OURS, FLOOR)), FLOOR)


def _print_traffic(
    store: str,
    subjects: Mapping[str, Subject],
    workloads: list[str],
    measuring: Measuring,
    markdown: bool,
) -> None:
    # SQLite runs in the process of the application: nothing is sent.
    shown = {"statements": "stmts"} | (
        {} if store == "sqlite" else {"round_trips": "trips", "bytes": "bytes"}
    )
    columns = [f"{name[:7]} {short}" for short in shown.values() for name in subjects]
    table = Table([f"{store}: sent by a call", *columns], markdown)
    for workload, traffic in traffics(subjects, store, workloads, measuring):
        cells = [
            f"{round(getattr(traffic[name], what), 1):g}" if name in traffic else NONE
            for what in shown
            for name in subjects
        ]
        table.add(title(workload), *cells)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks", description=__doc__)
    parser.add_argument("--against", metavar="REVISION", help="measure this commit in turn")
    parser.add_argument(
        "--feature", metavar="MODULE", help="measure the add-on with this feature in turn"
    )
    add_options(parser)
    return parser


if __name__ == "__main__":
    main()

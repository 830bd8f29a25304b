"""``python -m benchmarks.servers``: what the settings of production buy."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from ..peers.catalog import ENVIRONMENT
from ..peers.serving import Cost, Server, serving
from ..tables import Table
from ..workloads import title
from .catalog import GROUPS, Configuration, configurations, new_stores_of


def main(words: Sequence[str] | None = None) -> None:
    """Measure, and print a table for each group and workload."""
    arguments = _parser().parse_args(words)
    python = str(arguments.environment / "bin" / "python")
    for group in arguments.group or GROUPS:
        with TemporaryDirectory(prefix="bench-") as folder:
            chosen = configurations(group, python, Path(folder))
            _measure_group(group, chosen, Path(folder), arguments)


def _measure_group(
    group: str,
    chosen: Iterable[Configuration],
    folder: Path,
    arguments: argparse.Namespace,
) -> None:
    with ExitStack() as stack:
        new_store = stack.enter_context(new_stores_of(group, folder))
        servers = {
            each.name: stack.enter_context(
                serving(
                    each.peer,
                    GROUPS[group],
                    new_store() + each.suffix,
                    folder / f"{number}.log",
                    arguments.connections,
                )
            )
            for number, each in enumerate(chosen)
        }
        for workload in arguments.workload or ("W1", "W3"):
            _print_table(f"{group}: {title(workload)}", workload, servers, arguments)


def _print_table(
    heading: str, workload: str, servers: Mapping[str, Server], arguments: argparse.Namespace
) -> None:
    costs: dict[str, list[Cost]] = {name: [] for name in servers}
    for server in servers.values():
        server.measure(workload, arguments.size)  # Fills the caches.
    for _ in range(arguments.batches):
        for name, server in servers.items():
            costs[name].append(server.measure(workload, arguments.size))
    table = Table([heading, "CPU us", "requests/s", "median ms", "95 % ms"], arguments.markdown)
    for name, batches in costs.items():
        times = sorted(chain.from_iterable(cost.latencies for cost in batches))
        table.add(
            name,
            f"{median(cost.cpu for cost in batches) * 1e6:.0f}",
            f"{median(cost.rate for cost in batches):.0f}",
            f"{median(times) * 1e3:.1f}",
            f"{times[len(times) * 95 // 100] * 1e3:.1f}",
        )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks.servers", description=__doc__)
    parser.add_argument("--group", action="append", choices=GROUPS, help="default: all")
    parser.add_argument("--workload", action="append", metavar="NAME", help="default: W1 and W3")
    parser.add_argument("--connections", type=int, default=8, help="at the same time (8)")
    parser.add_argument("--batches", type=int, default=7, help="of each workload (7)")
    parser.add_argument("--size", type=int, default=200, help="requests of a batch (200)")
    parser.add_argument("--markdown", action="store_true", help="for the documentation")
    parser.add_argument("--environment", type=Path, default=ENVIRONMENT, help="has the servers")
    return parser


if __name__ == "__main__":
    main()

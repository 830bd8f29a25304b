"""``python -m benchmarks.peers``: CPU time of the server a request, beside other OAuth servers."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from ..running import new_stores
from ..tables import Table
from ..workloads import title
from .catalog import ENVIRONMENT, WORKLOADS, Peer, peers_of
from .serving import Server, serving


def main(words: Sequence[str] | None = None) -> None:
    """Measure, and print a table for each store."""
    arguments = _parser().parse_args(words)
    for store in arguments.store or WORKLOADS:
        peers = peers_of(store, arguments.environment)
        if arguments.peer:
            peers = {name: peers[name] for name in peers if name in ("ours", *arguments.peer)}
        with started(store, peers) as servers:
            _print_table(store, servers, arguments)


@contextmanager
def started(
    store: str, peers: Mapping[str, Peer], connections: int = 1
) -> Iterator[dict[str, Server]]:
    """Serve all of them at once, each on a store of its own on one server."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="bench-")))
        new_store = stack.enter_context(new_stores(store))
        yield {
            name: stack.enter_context(
                serving(peer, store, new_store(), folder / f"{number}.log", connections)
            )
            for number, (name, peer) in enumerate(peers.items())
        }


def _print_table(store: str, servers: Mapping[str, Server], arguments: argparse.Namespace) -> None:
    others = [name for name in servers if name != "ours"]
    columns = [*servers, *(f"ours/{name}" for name in others)]
    table = Table([f"{store}: CPU us over HTTP", *columns], arguments.markdown)
    for workload in arguments.workload or WORKLOADS[store]:
        costs: dict[str, list[float]] = {name: [] for name in servers}
        for server in servers.values():
            server.measure(workload, arguments.warming)
        for _ in range(arguments.batches):
            for name, server in servers.items():
                costs[name].append(server.measure(workload, arguments.size).cpu)
        medians = {name: median(values) for name, values in costs.items()}
        table.add(
            title(workload),
            *(f"{seconds * 1e6:.0f}" for seconds in medians.values()),
            *(f"{medians['ours'] / medians[name]:.2f}" for name in others),
        )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks.peers", description=__doc__)
    parser.add_argument("--store", action="append", choices=WORKLOADS, help="default: both")
    parser.add_argument("--workload", action="append", metavar="NAME", help="default: all")
    parser.add_argument("--peer", action="append", metavar="NAME", help="default: all")
    parser.add_argument("--batches", type=int, default=5, help="of each workload (5)")
    parser.add_argument("--size", type=int, default=200, help="requests of a batch (200)")
    # Node compiles what has run some thousand times.
    parser.add_argument("--warming", type=int, default=3000, help="requests before that (3000)")
    parser.add_argument("--markdown", action="store_true", help="for the documentation")
    parser.add_argument("--environment", type=Path, default=ENVIRONMENT, help="has the peers")
    return parser


if __name__ == "__main__":
    main()

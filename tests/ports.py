"""Ports of the loopback for servers of the tests, each given to one server only."""

from __future__ import annotations

import errno
import random
import socket

HOST = "127.0.0.1"

# Below what a system gives away to whoever connects, also with the 10000 added
# on which the nodes of a Redis Cluster talk to each other; above 10080, which
# browsers refuse.
LOWEST, HIGHEST = 11_000, 19_999
ATTEMPTS = 10_000

_claims: list[socket.socket] = []


def free_port() -> int:
    """Return a port that nobody listens on and that no other test run has been given.

    Between this call and the server's start lies time, in which another process of
    the tests may look for a port too. So the same number is taken for UDP, which no
    server of ours speaks, until this process ends.
    """
    for _ in range(ATTEMPTS):
        port = random.randint(LOWEST, HIGHEST)
        # Before the look for a listener, which would be in the way of a server
        # that is just starting on a port of its own.
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
    """A socket that has the port; None if somebody else has it."""
    taken = socket.socket(type=kind)
    try:
        taken.bind((HOST, port))
    except OSError as error:
        taken.close()
        if error.errno != errno.EADDRINUSE:
            raise
        return None
    return taken

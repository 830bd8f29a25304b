"""Ports of the loopback for servers of the tests, each given to one server only."""

from __future__ import annotations

import contextlib
import random
import socket

HOST = "127.0.0.1"

# Below what a system gives away to whoever connects, also with the 10000 added
# on which the nodes of a Redis Cluster talk to each other; above 10080, which
# browsers refuse.
LOWEST, HIGHEST = 11_000, 19_999

_claims: list[socket.socket] = []


def free_port() -> int:
    """Return a port that nobody listens on and that no other test run has been given.

    Between this call and the server's start lies time, in which another process of
    the tests may look for a port too. So the same number is taken for UDP, which no
    server of ours speaks, until this process ends.
    """
    while True:
        port = random.randint(LOWEST, HIGHEST)
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind((HOST, port))
            claim = socket.socket(type=socket.SOCK_DGRAM)
            try:
                claim.bind((HOST, port))
            except OSError:
                claim.close()
                raise
            _claims.append(claim)
            return port

"""A port is given to one server of the tests, in any process, until that process ends."""

from __future__ import annotations

import socket
import subprocess
import sys

import pytest

from . import ports

FEW = 200
CHILD = f"""
from tests import ports
ports.HIGHEST = ports.LOWEST + {FEW}
print(*[ports.free_port() for _ in range(60)], flush=True)
input()
"""


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch):
    claims: list[socket.socket] = []
    monkeypatch.setattr(ports, "HIGHEST", ports.LOWEST + FEW)
    monkeypatch.setattr(ports, "_claims", claims)
    yield
    for claim in claims:
        claim.close()


@pytest.mark.usefixtures("narrow")
def test_two_processes_are_never_given_the_same():
    with subprocess.Popen(
        [sys.executable, "-c", CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        theirs = set(map(int, child.stdout.readline().split()))
        ours = [ports.free_port() for _ in range(60)]
        child.stdin.write("\n")
    assert len({*theirs, *ours}) == 120

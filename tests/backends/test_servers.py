"""The test servers: unprivileged, empty where they should be, and stopped when the run ends."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from redis import Redis
from sqlalchemy import create_engine, text

from tests.ports import HOST
from tests.servers import valkey

# A shell that runs the tests in the background has them ignore Ctrl-C.
ORPHAN = """
import signal, time
signal.signal(signal.SIGINT, signal.default_int_handler)
from tests.servers import valkey
with valkey.single() as node:
    print(node.port, node.daemon.process.pid, node.directory, flush=True)
    time.sleep(60)
"""


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_no_server_outlives_the_tests(number):
    parent = subprocess.Popen(
        [sys.executable, "-c", ORPHAN],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with parent:
        _, pid, directory = parent.stdout.readline().split()
        assert alive(int(pid))
        parent.send_signal(number)
    deadline = time.monotonic() + 5
    while alive(int(pid)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not alive(int(pid))
    shutil.rmtree(directory, ignore_errors=True)


def test_servers_are_not_run_by_root():
    with valkey.single() as node:
        assert Path(f"/proc/{node.daemon.process.pid}").stat().st_uid != 0


def test_databases_are_empty_and_apart(postgresql_server):
    first, second = (postgresql_server.new_database() for _ in range(2))
    for url in first, second:
        engine = create_engine(url)
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE thing (id integer)"))
        engine.dispose()


def test_a_killed_server_comes_back_with_what_it_was_told():
    with valkey.single("appendonly yes", "appendfsync always") as node:
        node.command("SET", "key", "value")
        node.kill()
        node.start()
        with Redis(host=HOST, port=node.port) as client:
            assert client.get("key") == b"value"

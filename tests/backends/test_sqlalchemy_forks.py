"""A child never inherits a connection to an SQLite file, however busy the parent's threads are."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pyramid_oauth2.backends.sqlalchemy.forks import IN_USE, INHERITED

from .sqlite_databases import empty_database

FORKING = """
import os, sys, threading, time

# It runs after ours, which was registered later: time for a thread to use the file too early.
os.register_at_fork(before=lambda: time.sleep(0.02))

from pathlib import Path
from pyramid_oauth2.backends.contract.factories import NOW, new_client
from tests.backends.sqlite_databases import open_backend

file = Path(sys.argv[1])
backend = open_backend(file)
done = threading.Event()
counts = []

def work():
    count = 0
    while not done.is_set():
        backend.clients.add(new_client())
        backend.clients.get("none")
        count += 1
    counts.append(count)

def descriptors():
    targets = [os.readlink(link) for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    return sum(target.startswith(str(file)) for target in targets)

threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads:
    thread.start()
inherited = []
for _ in range(20):
    child = os.fork()
    if child == 0:
        found = descriptors()
        backend.clients.add(new_client())
        os._exit(found)
    inherited.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
done.set()
for thread in threads:
    thread.join()
backend.close()
print(inherited == [0] * 20, min(counts) > 20, descriptors())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="it looks into /proc")
def test_no_child_inherits_a_connection(tmp_path: Path) -> None:
    file = tmp_path / "busy.sqlite"
    file.write_bytes(empty_database())
    done = subprocess.run(
        [sys.executable, "-c", FORKING, str(file)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.stdout.split(), done.stderr) == (["True", "True", "0"], "")


STUCK = """
import os, sys, threading
from pathlib import Path
from pyramid_oauth2.backends.sqlalchemy import forks
from pyramid_oauth2.protocol.records import StoreUnavailable
from tests.backends.sqlite_databases import open_backend

forks.PATIENCE = 0.2
backend = open_backend(Path(sys.argv[1]))
entered, done = threading.Event(), threading.Event()

def hold():
    def work(connection):
        entered.set()
        done.wait()
    backend._database.atomically(work)

thread = threading.Thread(target=hold)
thread.start()
entered.wait()
if os.fork() == 0:
    try:
        backend.clients.get("none")
    except StoreUnavailable as error:
        print(error, flush=True)
    os._exit(0)
os.wait()
done.set()
thread.join()
backend.clients.get("none")
"""


def test_a_fork_that_waits_in_vain_says_so_and_its_child_refuses(tmp_path: Path) -> None:
    file = tmp_path / "stuck.sqlite"
    file.write_bytes(empty_database())
    done = subprocess.run(
        [sys.executable, "-c", STUCK, str(file)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0
    assert done.stderr == f"{IN_USE}\n"
    assert done.stdout == f"{INHERITED}\n"


WITHOUT_HOOKS = """
import ctypes, os, sys
from pathlib import Path
from pyramid_oauth2.protocol.records import StoreUnavailable
from tests.backends.sqlite_databases import open_backend

backend = open_backend(Path(sys.argv[1]))
if sys.argv[2] == "used":
    backend.clients.get("none")
if ctypes.PyDLL(None).fork() == 0:
    for _ in range(2):
        try:
            print(backend.clients.get("none"), flush=True)
        except StoreUnavailable as error:
            print(error, flush=True)
    os._exit(0)
os.wait()
"""


@pytest.mark.parametrize(("before", "said"), [("unused", "None"), ("used", INHERITED)])
def test_a_fork_without_hooks(before: str, said: str, tmp_path: Path) -> None:
    """As uWSGI forks by default: a child that inherits a connection loses no write."""
    file = tmp_path / "inherited.sqlite"
    file.write_bytes(empty_database())
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_HOOKS, str(file), before],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout, done.stderr) == (f"{said}\n" * 2, "")

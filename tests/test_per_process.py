"""A fork: what the child must not inherit; each test in a separate process."""

from __future__ import annotations

import ast
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

import pyramid_oauth2
from pyramid_oauth2.per_process import PerProcess

ROOT = Path(pyramid_oauth2.__file__).parent
PATIENCE = 20  # seconds

FORKED = """
import os
import threading
from pyramid_oauth2.per_process import PerProcess

def ending_of(child):
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
"""


def run(script: str) -> list[str]:
    """The output of a separate process."""
    done = subprocess.run(
        [sys.executable, "-c", FORKED + textwrap.dedent(script)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_a_process_has_one_value() -> None:
    values = PerProcess(object)
    assert values() is values()


@pytest.mark.parametrize("fork", ["os.fork", "ctypes.PyDLL(None).fork"], ids=["hooks", "none"])
def test_a_child_has_a_value_of_its_own_and_keeps_the_parents(fork: str) -> None:
    """Also if the program that forks runs no hooks of Python, as with uWSGI."""
    printed = run(f"""
        import ctypes

        class Connection:
            def __init__(self):
                self.owner = os.getpid()
            def __del__(self):
                print("closed", flush=True)

        connections = PerProcess(Connection)
        parents = connections()
        if child := {fork}():
            assert connections() is parents
            print(ending_of(child), flush=True)
            os._exit(0)
        del parents
        own = connections()
        print(own is connections() and own.owner == os.getpid(), flush=True)
        os._exit(0)
    """)
    assert printed == ["True", "0"]


def test_a_grandchild_may_have_the_process_id_of_its_grandparent() -> None:
    printed = run("""
        values = PerProcess(object)
        own = values()
        os.getpid = lambda pid=os.getpid(): pid
        if os.fork() == 0:
            print(values() is own, flush=True)
            os._exit(0)
        os.wait()
    """)
    assert printed == ["False"]


def test_a_lock_that_a_thread_of_the_parent_holds_is_free_in_the_child() -> None:
    printed = run("""
        locks = PerProcess(threading.Lock)
        held, done = threading.Event(), threading.Event()

        def hold():
            with locks():
                held.set()
                done.wait()

        threading.Thread(target=hold).start()
        held.wait()
        if os.fork() == 0:
            print(locks().acquire(timeout=5), flush=True)
            os._exit(0)
        os.wait()
        print(locks().acquire(blocking=False))
        done.set()
    """)
    assert printed == ["True", "False"]


def test_two_threads_that_ask_first_get_one_value() -> None:
    printed = run("""
        met = threading.Barrier(2)

        def make():
            met.wait()
            return object()

        values, found = PerProcess(make), []
        threads = [threading.Thread(target=lambda: found.append(values())) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        print(found[0] is found[1])
    """)
    assert printed == ["True"]


LOCKS = {"Lock", "RLock", "Condition", "Semaphore", "BoundedSemaphore", "Barrier", "Event"}


def locks_in(source: str) -> Iterator[str]:
    """The locks that a module creates directly, and not for each process."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            if name.removeprefix("threading.") in LOCKS:
                yield f"{node.lineno}: {name}()"
            for keyword in node.keywords:
                # Of a dataclass, which is created for each process as a whole.
                factory = ast.unparse(keyword.value)
                if keyword.arg == "default_factory" and factory in LOCKS:
                    yield f"{node.lineno}: {factory}"
        if isinstance(node, ast.FunctionDef):
            # That of Python 3.11 has one lock for all objects, held while a value is computed.
            names = [ast.unparse(decorator) for decorator in node.decorator_list]
            yield from (f"{node.lineno}: {name}" for name in names if "cached_property" in name)


def test_every_lock_is_one_of_each_process() -> None:
    found = {
        path.relative_to(ROOT).as_posix(): [lock.partition(": ")[2] for lock in locks]
        for path in ROOT.rglob("*.py")
        if "contract" not in path.parts and (locks := list(locks_in(path.read_text())))
    }
    assert found == PER_PROCESS


# In a class of which each process has its own instances.
PER_PROCESS = {
    "backends/redis/server.py": ["Lock"],
    "bounded_storage.py": ["threading.BoundedSemaphore()"],
    "deadlines.py": ["threading.Lock()"],
    "single_flight.py": ["threading.Event()"],
}


def test_a_lock_is_found() -> None:
    assert len(list(locks_in("import threading\nlock = threading.Lock()"))) == 1
    assert len(list(locks_in("@cached_property\ndef value(self): ..."))) == 1
    assert list(locks_in("lock = PerProcess(threading.Lock)")) == []

"""The deadline of an operation: its sockets are shut down then, and only then."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from time import monotonic, sleep

import pytest

from pyramid_oauth2 import deadlines
from pyramid_oauth2.deadlines import Deadline, RequestLimit, pause, watch

SPARE = 2.0
PATIENCE = 30


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    ours.settimeout(PATIENCE)
    with ours, theirs:
        yield ours, theirs


Pair = tuple[socket.socket, socket.socket]


def wait_for(its: socket.socket) -> float:
    """Wait until there is nothing more to read; return the seconds."""
    began = monotonic()
    while its.recv(1):
        pass
    return monotonic() - began


def test_silence_ends_at_the_deadline(pair: Pair):
    with Deadline(0.3) as deadline:
        watch(pair[0].fileno())
        assert 0.1 < wait_for(pair[0]) < SPARE
        assert deadline.passed


def test_a_byte_now_and_then_does_not_extend_it(pair: Pair):
    ours, theirs = pair
    ended = threading.Event()

    def drip() -> None:
        try:
            while not ended.wait(0.05):
                theirs.send(b"x")
        except OSError:
            pass

    dripping = threading.Thread(target=drip)
    dripping.start()
    with Deadline(0.3):
        watch(ours.fileno())
        assert wait_for(ours) < SPARE
    ended.set()
    dripping.join()


def test_a_socket_is_untouched_once_its_operation_is_over(pair: Pair):
    ours, theirs = pair
    with Deadline(0.2):
        watch(ours.fileno())
    sleep(0.5)
    theirs.send(b"x")
    assert ours.recv(1) == b"x"


def test_the_number_of_a_closed_socket_may_belong_to_another(pair: Pair):
    closed, _ = pair
    number = closed.fileno()
    with Deadline(0.2) as deadline:
        watch(number)
        closed.close()
        theirs, ours = socket.socketpair()
        with ours, theirs:
            assert number in (ours.fileno(), theirs.fileno())
            sleep(0.5)
            assert deadline.passed
            theirs.send(b"x")
            assert ours.recv(1) == b"x"


@pytest.mark.parametrize("other", [None, os.devnull], ids=["closed", "a file now"])
def test_a_descriptor_that_other_code_closed_ends_no_later_watch(pair: Pair, other: str | None):
    """As a worker that closes every descriptor, or a library that closes one twice."""
    ours, theirs = pair
    with Deadline(0.3) as deadline:
        watch(ours.fileno())
        watch(theirs.fileno())
        (closed, _) = deadline._sockets
        os.close(closed)
        if other is not None:
            opened = os.open(other, os.O_RDONLY)
            os.dup2(opened, closed)
            os.close(opened)
        wait_for(theirs)
    for _ in range(2):
        later, end = socket.socketpair()
        later.settimeout(PATIENCE)
        with later, end, Deadline(0.3):
            watch(later.fileno())
            assert wait_for(later) < SPARE


def test_within_another_the_earlier_end_counts():
    with Deadline(0.05) as outer, Deadline(60) as inner:
        sleep(0.1)
        assert outer.passed
        assert inner.passed
    with Deadline(60) as outer, Deadline(0.05) as inner:
        sleep(0.1)
        assert not outer.passed
        assert inner.passed


def test_no_socket_is_used_afterwards(pair: Pair):
    with Deadline(0), pytest.raises(TimeoutError):
        watch(pair[0].fileno())


def test_without_a_deadline_a_socket_is_not_watched(pair: Pair, monkeypatch: pytest.MonkeyPatch):
    watchers = deadlines.PerProcess(deadlines._Watcher)
    monkeypatch.setattr(deadlines, "_watchers", watchers)
    watch(pair[0].fileno())
    assert watchers.made() is None


class TestRequestLimit:
    @pytest.fixture(autouse=True)
    def seconds(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(deadlines, "REQUEST_SECONDS", 0.4)

    def test_operations_share_it(self):
        with RequestLimit():
            for _ in range(2):
                with Deadline() as deadline:
                    sleep(0.15)
                    assert not deadline.passed
            with Deadline() as deadline:
                sleep(0.15)
                assert deadline.passed

    def test_the_time_between_does_not_count(self):
        with RequestLimit():
            for _ in range(3):
                sleep(0.3)
                with Deadline() as deadline:
                    assert not deadline.passed

    def test_a_pause_counts_and_leaves_time(self):
        with RequestLimit():
            assert pause(0.3)
            assert not pause(0.3)
            with Deadline() as deadline:
                assert not deadline.passed
                sleep(0.15)
                assert deadline.passed
            assert not pause(0)
        assert pause(0)

    def test_a_deadline_that_was_left_behind_ends_with_its_request(self):
        """As if a signal handler had raised where it was about to end."""
        with RequestLimit():
            Deadline(0).__enter__()
        with RequestLimit(), Deadline() as deadline:
            assert not deadline.passed

    def test_each_request_has_its_own(self):
        for _ in range(3):
            with RequestLimit(), Deadline() as deadline:
                sleep(0.2)
                assert not deadline.passed


def test_the_thread_ends_when_there_is_nothing_to_watch(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(deadlines, "IDLE_TICKS", 1)
    monkeypatch.setattr(deadlines, "_watchers", deadlines.PerProcess(deadlines._Watcher))
    before = threading.active_count()
    for _ in range(2):
        ours, theirs = socket.socketpair()
        with ours, theirs, Deadline(0.3):
            watch(ours.fileno())
            wait_for(ours)
        until = monotonic() + PATIENCE
        while threading.active_count() > before:
            assert monotonic() < until
            sleep(0.05)


SCRIPT = """
import ctypes, os, socket, sys, threading, time
from pyramid_oauth2.deadlines import Deadline, watch

def wait_for(its):
    began = time.monotonic()
    assert its.recv(1) == b""
    return time.monotonic() - began < 5
"""


def run(script: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT + textwrap.dedent(script)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.split()


CHILD = """
if child == 0:
    own, others = socket.socketpair()
    with Deadline(0.2):
        watch(own.fileno())
        os._exit(0 if wait_for(own) else 1)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_a_child_watches_for_itself():
    """Also a child that is forked within an operation, and while others begin and end."""
    printed = run(f"""
        done = threading.Event()

        def work():
            ours, theirs = socket.socketpair()
            while not done.is_set():
                with Deadline(60):
                    watch(ours.fileno())

        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        ours, theirs = socket.socketpair()
        for _ in range(10):
            with Deadline(60):
                watch(ours.fileno())
                child = os.fork()
            {textwrap.indent(CHILD, " " * 12).strip()}
        done.set()
        with Deadline(0.2):
            watch(ours.fileno())
            print(wait_for(ours))
    """)
    assert printed == ["0"] * 10 + ["True"]


def test_a_child_that_is_forked_without_hooks_watches_for_itself():
    """The thread that watches in the parent is asleep then.

    Python itself does not survive such a fork while another thread asks for its lock.
    """
    printed = run(f"""
        from pyramid_oauth2 import deadlines

        asleep, wake = threading.Event(), threading.Event()

        def sleep(seconds):
            asleep.set()
            wake.wait()

        deadlines.sleep = sleep
        ours, theirs = socket.socketpair()
        with Deadline(60):
            watch(ours.fileno())
            asleep.wait()
            time.sleep(0.2)
            child = ctypes.PyDLL(None).fork()
            deadlines.sleep = time.sleep
        {textwrap.indent(CHILD, " " * 8).strip()}
        wake.set()
        with Deadline(0.2):
            watch(ours.fileno())
            print(wait_for(ours))
    """)
    assert printed == ["0", "True"]


@pytest.mark.parametrize("fork", ["os.fork", "ctypes.PyDLL(None).fork"], ids=["hooks", "none"])
def test_a_child_inherits_no_limit(fork: str):
    """As the process for a task in the background that a view starts, within its request."""
    assert run(f"""
        from pyramid_oauth2 import deadlines

        deadlines.REQUEST_SECONDS = 0
        with deadlines.RequestLimit(), Deadline(0):
            child = {fork}()
            if child == 0:
                with Deadline(60) as deadline:
                    os._exit(0 if deadlines.pause(0) and not deadline.passed else 1)
            assert not deadlines.pause(0)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    """) == ["0"]


def test_the_interpreter_exits_while_a_socket_is_watched():
    began = monotonic()
    printed = run("""
        ours, theirs = socket.socketpair()

        def wait():
            with Deadline(60):
                watch(ours.fileno())
                print("waits", flush=True)
                ours.recv(1)

        threading.Thread(target=wait, daemon=True).start()
        while "oauth2-deadlines" not in [thread.name for thread in threading.enumerate()]:
            time.sleep(0.01)
        time.sleep(0.2)
    """)
    assert printed == ["waits"]
    assert monotonic() - began < 20


def test_an_operation_of_the_last_moment():
    """When the interpreter exits, no thread can be started."""
    assert run("""
        import atexit

        def last():
            ours, theirs = socket.socketpair()
            with Deadline(0.2):
                watch(ours.fileno())
                theirs.send(b"x")
                print(ours.recv(1).decode())

        atexit.register(last)
    """) == ["x"]

"""One thread fetches, and the others share what it brings."""

from __future__ import annotations

import os
import threading
import time

import pytest

from pyramid_oauth2.protocol.records import StoreUnavailable
from pyramid_oauth2.single_flight import NotShared, SingleFlight


class Slow:
    """What is fetched takes as long as the test wants."""

    def __init__(self) -> None:
        self.calls = 0
        self.entered, self.go_on = threading.Event(), threading.Event()
        self.failure: Exception | None = None

    def __call__(self) -> str:
        self.calls += 1
        self.entered.set()
        assert self.go_on.wait(10)
        if self.failure:
            raise self.failure
        return f"value {self.calls}"


def together(flight: SingleFlight[str], slow: Slow, count: int = 6) -> list[object]:
    """What so many threads get that want it at the same time."""
    got: list[object] = []

    def want() -> None:
        try:
            got.append(flight(slow))
        except Exception as error:
            got.append(error)

    threads = [threading.Thread(target=want) for _ in range(count)]
    for thread in threads:
        thread.start()
    assert slow.entered.wait(10)
    time.sleep(0.05)
    slow.go_on.set()
    for thread in threads:
        thread.join(10)
    return got


def test_all_get_what_one_has_fetched():
    slow, flight = Slow(), SingleFlight[str]()
    assert together(flight, slow) == ["value 1"] * 6
    assert flight(slow) == "value 2"


def test_all_share_a_failure_so_that_none_waits_a_second_time():
    slow, flight = Slow(), SingleFlight[str]()
    slow.failure = StoreUnavailable("It is silent.")
    got = together(flight, slow)
    assert [str(error) for error in got] == ["It is silent."] * 6
    assert slow.calls == 1
    slow.failure = None
    assert flight(slow) == "value 2"


def test_what_is_not_shared_is_met_by_each():
    slow, flight = Slow(), SingleFlight[str]()
    slow.failure = NotShared("You may not.")
    got = together(flight, slow)
    assert [str(error) for error in got] == ["You may not."] * 6
    assert slow.calls == 6


def test_an_error_of_another_kind_is_one_threads_own():
    slow, flight = Slow(), SingleFlight[str]()
    slow.failure = KeyError("a mistake")
    got = together(flight, slow)
    assert sorted(type(error).__name__ for error in got) == ["KeyError", *["StoreUnavailable"] * 5]


def test_what_is_known_is_returned_while_another_thread_fetches():
    slow, flight = Slow(), SingleFlight[str]()
    thread = threading.Thread(target=flight, args=(slow,))
    thread.start()
    assert slow.entered.wait(10)
    assert flight(slow, "known") == "known"
    slow.go_on.set()
    thread.join(10)
    assert slow.calls == 1


def test_without_another_thread_it_is_fetched_also_if_something_is_known():
    slow = Slow()
    slow.go_on.set()
    assert SingleFlight[str]()(slow, "known") == "value 1"


def test_an_exception_leaves_nothing_in_flight():
    slow, flight = Slow(), SingleFlight[str]()
    slow.go_on.set()
    slow.failure = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        flight(slow)
    slow.failure = None
    assert flight(slow) == "value 2"


def test_a_child_does_not_wait_for_a_thread_of_its_parent():
    slow, flight = Slow(), SingleFlight[str]()
    thread = threading.Thread(target=flight, args=(slow,))
    thread.start()
    assert slow.entered.wait(10)
    child = os.fork()
    if not child:
        os._exit(0 if flight(lambda: "its own") == "its own" else 1)
    slow.go_on.set()
    thread.join(10)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0

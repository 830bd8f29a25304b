"""A call of a store that pauses at one line of the backend's own code, while another call runs.

A race that needs luck needs many rounds. Here the moment is chosen: the first call is stopped
before a line, and the second one runs in the middle of it. The lines are found by Python's
tracing, so a backend needs no hook for it. A backend that names the functions in which it waits
for its server is stopped behind each of these, and needs no other moments.
"""

from __future__ import annotations

import inspect
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from statistics import median
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any, TypeAlias

from pyramid_oauth2.protocol.records import DuplicateRecord

Trace: TypeAlias = Callable[[FrameType, str, Any], Any]
Start: TypeAlias = Callable[[], "Future[Any]"]

STUCK = 60  # seconds after which a paused call goes on in any case
STANDARD = sys.stdlib_module_names | {"builtins"}
MOMENTS = 10  # at which a call is stopped, where it is not known when it waits
SLOW = 10  # times the usual time of a line: it waited for something, such as a server


@dataclass(frozen=True, slots=True)
class Step:
    """A moment: a line, or a call of other code, is about to run.

    It has its number in the call, and the time that was spent before it.

    :param place: file and line, for a failure's message.
    :param waited: whether a function in which the backend waits for its server has just returned.
    """

    number: int
    place: str
    seconds: float
    waited: bool = False


@dataclass(frozen=True, slots=True)
class Code:
    """The code of a store, in which a call can be stopped; it can be sent to another process.

    :param folders: the modules in these.
    :param waits: the functions in which it waits for its server: their files and names.
    """

    folders: tuple[str, ...]
    waits: frozenset[tuple[str, str]] = frozenset()

    def waits_in(self, code: CodeType) -> bool:
        """Whether it waits in the function of that code."""
        return (code.co_filename, code.co_qualname) in self.waits


def code_of(
    store: object, more: Iterable[ModuleType] = (), waits_in: Iterable[FunctionType] = ()
) -> Code:
    """The code of a store: of its class, of those it inherits from, of *more* modules.

    The standard library is left out.
    """
    classes = type(store).__mro__
    stores = {base for base in classes if base.__module__.partition(".")[0] not in STANDARD}
    files = [*map(inspect.getfile, stores), *map(inspect.getfile, more)]
    waits = [inspect.unwrap(function).__code__ for function in waits_in]
    return Code(
        tuple(sorted({f"{Path(file).parent}/" for file in files})),
        frozenset((each.co_filename, each.co_qualname) for each in waits),
    )


def outcome(call: Callable[[], Any]) -> Any:
    """What a call returns; a :exc:`DuplicateRecord` is a result, too."""
    try:
        return call()
    except DuplicateRecord:
        return DuplicateRecord.__name__


def steps_of(call: Callable[[], Any], code: Code) -> list[Step]:
    """Run a call, and return the moments at which the backend's code can be stopped."""
    steps: list[Step] = []
    last = time.perf_counter()

    def note(frame: FrameType, event: str) -> None:
        nonlocal last
        now = time.perf_counter()
        place = f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}"
        waited = event == "return" and code.waits_in(frame.f_code)
        steps.append(Step(len(steps), place, now - last, waited))
        last = time.perf_counter()

    _traced(call, code, note)
    return steps


def chosen(steps: list[Step], most: int = MOMENTS) -> list[Step]:
    """The first line, and others, in their order: those before which it waited.

    Before the first line, nothing has begun: the other call comes before this one. Before the
    others it wrote or read something: the moments that matter. Without a function in which the
    backend waits, these are the slowest. Of a line that is run several times, they are the first
    and the last.

    :param most: how many others, where no such function is known.
    """
    if not steps:
        return []
    behind = [step for step in steps if step.waited]
    if behind:
        return [steps[0], *behind]
    first = {step.place: step for step in reversed(steps)}
    last = {step.place: step for step in steps}
    begin, *distinct = sorted({*first.values(), *last.values()}, key=lambda step: step.number)
    if not distinct:
        return [begin]
    usual = median(step.seconds for step in distinct)
    slow = sorted((step for step in distinct if step.seconds > SLOW * usual), key=_by_time)
    taken = slow[-most:]
    others = [step for step in distinct if step not in taken]
    if (left := most - len(taken)) and others:
        taken += others[:: -(-len(others) // left)]
    numbers = {step.number: step for step in (begin, *taken)}
    return [numbers[number] for number in sorted(numbers)]


def run_paused(
    pool: ThreadPoolExecutor,
    first: Callable[[], Any],
    second: Start,
    at: Step,
    code: Code,
    patience: float,
) -> tuple[Any, Any, bool]:
    """Run *first* as far as a line, then *second*, then the rest of *first*.

    :param second: starts the other call, in another thread or process.
    :param patience: seconds for which the first waits: the other may need what it holds.
    :return: both results, and whether the first went on before the second had ended.
    """
    reached, go_on = threading.Event(), threading.Event()
    number = -1

    def stop(_frame: FrameType, _event: str) -> None:
        nonlocal number
        number += 1
        if number == at.number:
            reached.set()
            go_on.wait(STUCK)

    running = pool.submit(_traced, first, code, stop)
    running.add_done_callback(lambda _: reached.set())
    try:
        reached.wait(STUCK)
        other = second()
        waited = not wait([other], timeout=patience).done
    finally:
        go_on.set()
    return running.result(STUCK), other.result(STUCK), waited


def killed_at(call: Callable[[], Any], line: int, code: Code) -> None:
    """Kill this process before so many lines of a call have run."""
    number = -1

    def kill(_frame: FrameType, _event: str) -> None:
        nonlocal number
        number += 1
        if number == line:
            os.kill(os.getpid(), signal.SIGKILL)

    _traced(call, code, kill)


def _traced(call: Callable[[], Any], code: Code, moment: Callable[[FrameType, str], None]) -> Any:
    def within(frame: FrameType, event: str, _: Any) -> Trace:
        if event == "line" or (event == "return" and code.waits_in(frame.f_code)):
            moment(frame, event)
        return within

    def enter(frame: FrameType, event: str, _: Any) -> Trace | None:
        if _is_below(frame.f_code.co_filename, code.folders):
            return within
        caller = frame.f_back
        if caller is not None and _is_below(caller.f_code.co_filename, code.folders):
            # Two calls of a driver may be on one line.
            moment(caller, event)
        return None

    before = sys.gettrace()
    sys.settrace(enter)
    try:
        return outcome(call)
    finally:
        sys.settrace(before)


@lru_cache(maxsize=4096)
def _is_below(file: str, directories: tuple[str, ...]) -> bool:
    return file.startswith(directories)


def _by_time(step: Step) -> float:
    return step.seconds


def one_after_the_other(calls: Iterable[Callable[[], Any]]) -> list[Any]:
    """The results of calls that do not meet."""
    return [outcome(call) for call in calls]


def in_thread(pool: ThreadPoolExecutor, call: Callable[[], Any]) -> Start:
    """How another thread starts a call."""
    return partial(pool.submit, outcome, call)

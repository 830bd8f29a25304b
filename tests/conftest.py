"""Rules for every test."""

from __future__ import annotations

import gc
import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

from pyramid_oauth2.protocol.clients import secrets

# A slow machine is not a failure of the code: pytest-timeout ends tests that hang.
settings.register_profile("default", deadline=None)
settings.load_profile("default")


MEMORY = "/dev/shm"
ROOM = 4 * 2**30  # bytes, for the databases and files of all processes


def pytest_configure() -> None:
    """Keep the files of the tests in memory, if it is large enough: they wait for no disk."""
    with suppress(OSError):  # Only Linux has it.
        memory = os.statvfs(MEMORY)
        room = memory.f_bavail * memory.f_frsize
        if "TMPDIR" not in os.environ and room > ROOM and not memory.f_flag & os.ST_NOEXEC:
            os.environ["TMPDIR"] = tempfile.tempdir = MEMORY


@pytest.fixture(autouse=True)
def log_as_it_was() -> Iterator[None]:
    """Let a command run by a test, and its ini, configure the logging of that test only.

    The streams that the command finds end with the test.
    """
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def cheap_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let chosen secrets cost next to nothing, for a test of many guesses."""
    from argon2 import PasswordHasher

    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    nobodys = hasher.hash("nobody has this secret").encode()
    monkeypatch.setattr(secrets, "_hasher", lambda: hasher)
    monkeypatch.setattr(secrets, "_nobodys_secret", lambda: nobodys)


# The longest first, so that no process is left without work near the end.
LONG = ("race", "browser", "docs", "demo", "clients", "examples", "relying_parties", "scripts")

# Their tests share servers that take long to start, so one process runs them all.
TOGETHER = ("race", "clients", "examples", "relying_parties")


class ByFile(LoadScopeScheduling):
    """Which tests are run by one process: those of a file, or of a folder."""

    def _split_scope(self, nodeid: str) -> str:
        file = PurePosixPath(nodeid.partition("::")[0])
        return str(file.parent if file.parent.name in TOGETHER else file)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One process more than there are processors: many tests wait, for a browser or a deadline."""
    affinity = getattr(os, "sched_getaffinity", None)
    return (len(affinity(0)) if affinity else os.cpu_count() or 1) + 1


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByFile:
    """Distribute the tests in the order in which they were collected."""
    config.option.loadscopereorder = False
    return ByFile(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """Let each process begin with other files: pytest compiles each file once, not in each process.

    A file that one process has compiled is read by the others. In a new checkout, where nothing
    is compiled, all of them would compile the same file at the same time.
    """
    gc.disable()  # Until all are collected: what is made in between remains.
    worker = getattr(session.config, "workerinput", None)
    places = session.config.args
    if worker is None or places != list(session.config.getini("testpaths")):
        return
    left_out = [Path(each) for each in session.config.option.ignore or ()]
    files = sorted(
        str(each)
        for place in places
        for each in Path(place).iterdir()
        if each.match("test_*.py") or (each / "__init__.py").exists()
        if each not in left_out  # Pytest collects what is named, also if it is to be ignored.
    )
    begin = len(files) * int(worker["workerid"].removeprefix("gw")) // worker["workercount"]
    session.config.args[:] = files[begin:] + files[:begin]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the longest first, in every process in the same order."""
    items.sort(key=_place)


def pytest_collection_finish() -> None:
    """Exclude the thousands of collected tests from garbage collection, and collect less often.

    With the usual thresholds, a seventh of the time of a test goes into it: an application
    that a test makes consists of many objects that remain.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)
    gc.enable()


def _place(item: pytest.Item) -> tuple[int, Path]:
    folder = item.path.parent.name
    return LONG.index(folder) if folder in LONG else len(LONG), item.path

"""What holds for every test."""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterator
from pathlib import PurePosixPath

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

# A slow machine is no failure of the code: pytest-timeout ends what hangs.
settings.register_profile("default", deadline=None)
settings.load_profile("default")


@pytest.fixture(autouse=True)
def log_as_it_was() -> Iterator[None]:
    """Let a command that a test runs in this process, and its ini, say where that test's log goes.

    The streams that it has there end with the test.
    """
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


# The longest first: whoever comes to the end earlier has nothing left to help with.
LONG = ("race", "browser", "docs", "demo", "clients", "examples", "scripts")

# Their tests share servers that take long to start, so one process runs them all.
TOGETHER = ("race", "clients", "examples")


class ByFile(LoadScopeScheduling):
    """Which tests go to one process, where several run them: those of a file, or of a folder."""

    def _split_scope(self, nodeid: str) -> str:
        file = PurePosixPath(nodeid.partition("::")[0])
        return str(file.parent if file.parent.name in TOGETHER else file)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByFile:
    """Share the tests out, in the order in which they were collected."""
    config.option.loadscopereorder = False
    return ByFile(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run what takes long first."""
    items.sort(key=_place)


def pytest_collection_finish() -> None:
    """Keep the garbage collector from going through thousands of tests again and again."""
    gc.collect()
    gc.freeze()


def _place(item: pytest.Item) -> int:
    folder = item.path.parent.name
    return LONG.index(folder) if folder in LONG else len(LONG)

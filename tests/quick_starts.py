"""Does once, or less of, what every start of an application repeats: a test run has thousands."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from traceback import FrameSummary
from types import FrameType, SimpleNamespace
from typing import Any

import pyramid_jinja2
import pytest
from pyramid.config import actions
from pyramid.util import TopologicalSorter

_sort = TopologicalSorter.sorted
_sorted: dict[Any, list[Any]] = {}


def frames() -> Iterator[tuple[FrameType]]:
    """The callers' frames, without the source lines that ``inspect.stack`` reads for each."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        yield (frame,)
        frame = frame.f_back


def extract_stack(limit: int) -> list[FrameSummary]:
    """The innermost callers; ``traceback`` would look for each whether its file has changed."""
    found: list[FrameSummary] = []
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and len(found) < limit:
        code = frame.f_code
        place = (code.co_filename, frame.f_lineno, code.co_name)
        found.append(FrameSummary(*place, lookup_line=False))
        frame = frame.f_back
    return found[::-1]


def sorted_once(sorter: TopologicalSorter) -> list[tuple[Any, Any]]:
    """The names of a sorter with their values, in the order that the same rules had before."""
    rules = (tuple(sorter.order), frozenset(sorter.req_before), frozenset(sorter.req_after))
    key = (tuple(sorter.names), *rules, sorter.first, sorter.last)
    if key not in _sorted:
        _sorted[key] = [name for name, _ in _sort(sorter)]
    return [(name, sorter.name2val[name]) for name in _sorted[key]]


def pytest_configure(config: pytest.Config) -> None:
    """Let Pyramid use these; the stack of pytest is deep."""
    patch = pytest.MonkeyPatch()
    patch.setattr(pyramid_jinja2._PackageFinder, "inspect", SimpleNamespace(stack=frames))
    patch.setattr(actions, "traceback", SimpleNamespace(extract_stack=extract_stack))
    patch.setattr(TopologicalSorter, "sorted", sorted_once)
    config.add_cleanup(patch.undo)

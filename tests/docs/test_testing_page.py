"""docs/testing.md: its tests pass, with the application of docs/views.md."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .page import Page


def test_the_tests_pass(follow: Callable[..., Page], load: Callable[[str], Any]):
    page = follow("docs/testing.md")
    modules = [name.removesuffix(".py") for name in page.write_files()]
    Page("docs/views.md", page.folder).write_files()
    assert modules == ["test_notes", "test_refusals", "test_flow", "test_clients"]
    for module in map(load, modules):
        tests = [value for name, value in vars(module).items() if name.startswith("test_")]
        assert tests
        for test in tests:
            test()

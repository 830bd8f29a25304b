"""``directives.md``: what an application says to its configurator."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from pyramid_oauth2 import directives

from .docstrings import markdown
from .source import definitions, docstring, signature

INTRODUCTION = """\
# Directives

What `config.include("pyramid_oauth2")` adds to the configurator. Each is an action of its own:
two that contradict each other are a conflict with the lines of both, and an application's
overrides an include's. Say them before `config.commit()`."""


def page() -> str:
    """The page."""
    parts = [INTRODUCTION]
    for name, node in definitions(directives).items():
        if name.startswith(("add_oauth2_", "set_oauth2_")) and isinstance(node, ast.FunctionDef):
            parts += _directive(node)
    return "\n\n".join(parts) + "\n"


def _directive(function: ast.FunctionDef) -> Iterator[str]:
    yield f"## `config.{function.name}`"
    yield f"`config.{signature(function, without=['config'])}`"
    yield markdown(docstring(function))

"""``directives.md``: the directives of the configurator."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from pyramid_oauth2.directives import authorization, server, storage, tokens, users

from .docstrings import markdown
from .source import definitions, docstring, signature

INTRODUCTION = """\
# Directives

`config.include("pyramid_oauth2")` adds these directives to the configurator. Each is a separate
action: two that contradict each other are a conflict, reported with the lines of both, and the
application's call overrides the call of an include. Call them before `config.commit()`."""


def page() -> str:
    """The page."""
    parts = [INTRODUCTION]
    for module in (users, tokens, authorization, server, storage):
        for name, node in definitions(module).items():
            public = name.startswith(("add_oauth2_", "set_oauth2_"))
            if public and isinstance(node, ast.FunctionDef):
                parts += _directive(node)
    return "\n\n".join(parts) + "\n"


def _directive(function: ast.FunctionDef) -> Iterator[str]:
    yield f"## `config.{function.name}`"
    yield f"`config.{signature(function, without=['config'])}`"
    yield markdown(docstring(function))

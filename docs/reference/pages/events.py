"""``events.md``: the events that subscribers receive."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Iterator

from pyramid_oauth2 import events
from pyramid_oauth2.protocol import events as declared

from .docstrings import markdown
from .source import definitions, docstring

INTRODUCTION = """\
# Events

The events that an application can subscribe to, each with its fields. [The guide](../events.md)
describes how to subscribe and what a subscriber may do. All are in `pyramid_oauth2.events`."""


def page() -> str:
    """The page."""
    parts = [INTRODUCTION]
    for name, node in definitions(declared).items():
        if name in events.__all__ and isinstance(node, ast.ClassDef):
            parts += _event(name, node)
    return "\n\n".join(parts) + "\n"


def _event(name: str, node: ast.ClassDef) -> Iterator[str]:
    yield f"## `{name}`"
    yield markdown(docstring(node))
    common = {field.name for field in dataclasses.fields(events.OAuth2Event)}
    yield "\n".join(
        f"- `{field.name}: {field.type}`"
        for field in dataclasses.fields(getattr(events, name))
        # The common fields are listed for OAuth2Event only.
        if name == "OAuth2Event" or field.name not in common
    )

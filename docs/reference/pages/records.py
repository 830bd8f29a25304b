"""``records.md``: the values that travel between the protocol and the stores."""

from __future__ import annotations

import ast
import inspect

from pyramid_oauth2.protocol import records

from .classes import Entry
from .docstrings import markdown
from .source import definitions

INTRODUCTION = """\
# Records

What a store keeps and gives back: for whoever writes [one](interfaces.md#ibackend), or reads it.
All are in `pyramid_oauth2.protocol.records`; the package itself has `Client`, `DuplicateRecord`
and `StoreUnavailable`."""


def page() -> str:
    """The page."""
    rules = inspect.cleandoc(records.__doc__ or "").partition("\n\n")[2]
    parts = [INTRODUCTION, markdown(rules)]
    found = definitions(records)
    # What a store is given before what helps it.
    for name in sorted(found, key=lambda name: isinstance(found[name], ast.FunctionDef)):
        parts += Entry(records, name).parts("##")
    return "\n\n".join(parts) + "\n"

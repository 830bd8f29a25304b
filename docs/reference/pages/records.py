"""``records.md``: the values that the protocol passes to the stores and back."""

from __future__ import annotations

import ast
import inspect

from pyramid_oauth2.protocol import listings, records, store_errors

from .classes import Entry
from .docstrings import markdown
from .source import definitions

INTRODUCTION = """\
# Records

The records that a store saves and returns. You need them to write [your own
backend](interfaces.md#ibackend), or to read from a backend. All are in
`pyramid_oauth2.protocol.records`; `Client`, `DuplicateRecord` and `StoreUnavailable` are also in
the package itself. `NotACursor` is in `pyramid_oauth2.protocol.listings`."""


def page() -> str:
    """The page."""
    rules = inspect.cleandoc(records.__doc__ or "").partition("\n\n")[2]
    parts = [INTRODUCTION, markdown(rules)]
    for module in (records, store_errors):
        found = definitions(module)
        # The records before the helper functions.
        for name in sorted(found, key=lambda name: isinstance(found[name], ast.FunctionDef)):
            parts += Entry(module, name).parts("##")
    parts += Entry(listings, "NotACursor").parts("##")
    return "\n\n".join(parts) + "\n"

"""The MCP clients that people use: what each really sends, as dated data with its sources.

Clients change: nothing here is a rule of the protocol. The documents are copies, for operators who
pin them (``oauth2.client_id_metadata``) and for tests.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from .known_client import KnownClient

__all__ = ["KnownClient", "known_clients"]

SUFFIX = ".json"


@cache
def known_clients() -> Mapping[str, KnownClient]:
    """The clients, by their names, in alphabetical order.

    :raises ValueError: a file does not say what it should.
    """
    found = {}
    for file in sorted(files(__name__).iterdir(), key=lambda each: each.name):
        if file.name.endswith(SUFFIX):
            name = file.name.removesuffix(SUFFIX)
            found[name] = KnownClient.read(name, json.loads(file.read_text("utf-8")))
    return MappingProxyType(found)

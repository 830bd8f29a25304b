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
    names = sorted(
        file.name.removesuffix(SUFFIX)
        for file in files(__name__).iterdir()
        if file.name.endswith(SUFFIX)
    )
    return MappingProxyType({name: _read(name) for name in names})


def _read(name: str) -> KnownClient:
    text = files(__name__).joinpath(name + SUFFIX).read_text("utf-8")
    return KnownClient.read(name, json.loads(text))

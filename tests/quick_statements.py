"""Compiles a statement once for all stores of the tests on one kind of database.

A process that serves has one store, for which it does so once; a test that makes one would spend
a third of its time on it.
"""

from __future__ import annotations

from typing import Any

import pytest

from pyramid_oauth2.backends.sqlalchemy import connection
from pyramid_oauth2.backends.sqlalchemy.compiled import Compiled

_known: dict[tuple[Any, ...], Compiled] = {}


def compiled_once(statement: Any, dialect: Any) -> Compiled:
    """The statement for any dialect of that name, driver, and version of the server."""
    key = statement, dialect.name, dialect.driver, dialect.server_version_info
    if key not in _known:
        _known[key] = Compiled(statement, dialect)
    return _known[key]


def pytest_configure(config: pytest.Config) -> None:
    """Let each connection of a store have the statements that an earlier one has."""
    patch = pytest.MonkeyPatch()
    patch.setattr(connection, "_compiled", compiled_once)
    config.add_cleanup(patch.undo)

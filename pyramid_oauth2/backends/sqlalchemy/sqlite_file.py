"""Names the file of SQLite that cannot be opened: SQLite itself does not say which, nor why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Dialect, Engine, event
from sqlalchemy.pool import ConnectionPoolEntry

from ...protocol.records import StoreUnavailable

UNOPENED = "unable to open database file"


def name_unopened_file(engine: Engine) -> None:
    """Let an engine for SQLite raise an error with the path, and what is wrong with it.

    An engine that connects by a function of the application keeps the error of that.
    """

    @event.listens_for(engine, "do_connect")
    def connect(
        dialect: Dialect, _record: ConnectionPoolEntry, words: list[Any], options: dict[str, Any]
    ) -> Any:
        try:
            return dialect.connect(*words, **options)
        except dialect.loaded_dbapi.Error as error:
            if UNOPENED not in str(error):
                raise
            raise StoreUnavailable(_reason(engine.url.database or "")) from error


def _reason(database: str) -> str:
    if database.startswith("file:"):
        return f"The database {database} cannot be opened."
    file = Path(database).absolute()
    if not file.parent.exists():
        return (
            f"The database file {file} cannot be opened: its folder does not exist. Make it, or "
            "name another file in oauth2.sqlalchemy.url."
        )
    return (
        f"The database file {file} cannot be opened: let the process read and write it, and its "
        "folder."
    )

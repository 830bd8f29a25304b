"""``poauth2 INI db``: the tables of the SQLAlchemy backend.

It reads the ini without starting the application, which may need the tables
to start.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from ..service import ROLES
from .ini import Ini

if TYPE_CHECKING:
    from sqlalchemy import Engine


def add_parser(commands: Any, name: str) -> None:
    """Add the command and its subcommands."""
    parser = commands.add_parser(name, help="the tables of the SQLAlchemy backend")
    subcommands = parser.add_subparsers(title="subcommands", required=True, metavar="SUBCOMMAND")
    sub = subcommands.add_parser(
        "upgrade", help="make the tables, or bring them to this version; safe to repeat"
    )
    sub.set_defaults(run=upgrade)
    sub = subcommands.add_parser("current", help="print the revision of the tables")
    sub.set_defaults(run=current)


def upgrade(ini: Ini, arguments: argparse.Namespace) -> int:
    """Make the tables, or bring them up to date."""
    engine = _engine(ini)
    if engine is None:
        print("Nothing to do: no part of the state is kept in SQL.")
        return 0
    from .. import migrations

    before = migrations.current(engine)
    migrations.upgrade(engine)
    after = migrations.current(engine)
    print(f"The tables are up to date: {after}" + (" (they were)" if before == after else ""))
    return 0


def current(ini: Ini, arguments: argparse.Namespace) -> int:
    """Print the revision that the tables are at; exit with 1 if that is not the newest."""
    engine = _engine(ini)
    if engine is None:
        print("No part of the state is kept in SQL.")
        return 0
    from .. import migrations

    revision = migrations.current(engine)
    newest = ", ".join(migrations.heads())
    if revision is None:
        print(f"There are no tables. Make them with: poauth2 {ini.path} db upgrade")
    elif revision != newest:
        print(f"{revision} (the newest is {newest}: poauth2 {ini.path} db upgrade)")
    else:
        print(f"{revision} (the newest)")
    return 0 if revision == newest else 1


def _engine(ini: Ini) -> Engine | None:
    settings = ini.settings()
    if "sqlalchemy" not in {settings.backend_of(role) for role in ROLES}:
        return None
    from ..backends.sqlalchemy.engine import engine_from_settings

    return engine_from_settings(settings)

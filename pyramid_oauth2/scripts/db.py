"""``poauth2 INI db``: the tables of the SQLAlchemy backend.

These commands read the ini without starting the application, which may need the
tables to start.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from ..interfaces import IBackend
from ..protocol.records import StoreUnavailable
from ..service import ROLES
from .command import Commands, Named, command
from .ini import Ini

if TYPE_CHECKING:
    from sqlalchemy import Engine

ELSEWHERE = "The tables are there, made by another history than ours: ask that for its revision."
SHARED = """\
The database has an alembic_version of the application's own as well. Unless the env.py of the
application names include_name, its next "alembic revision --autogenerate" would drop these tables:

    from pyramid_oauth2.migrations import include_name

    context.configure(..., include_name=include_name)"""
LATER = "{revision}: the tables are of a later version of pyramid_oauth2, and are left as they are."


db = Commands(
    {
        "upgrade": Named(
            "db", "upgrade", "Make the tables, or bring them to this version; safe to repeat."
        ),
        "current": Named("db", "current", "Print the revision of the tables."),
        "check": Named(
            "db", "check", "Connect to every chosen store, and say what is wrong with it."
        ),
        "sql": Named("db", "sql", "Print the statements that make the tables, to be run by hand."),
    }
)


@command()
def upgrade(ini: Ini) -> int:
    """Create the tables, or upgrade them."""
    engine = _engine(ini)
    if engine is None:
        print("Nothing to do: no part of the state is kept in SQL.")
        return 0
    from .. import migrations

    with _errors_explained():
        before = migrations.current(engine)
        if before is not None and not migrations.is_known(before):
            print(LATER.format(revision=before))
            return 0
        migrations.upgrade(engine)
        after = migrations.current(engine)
        shared = migrations.is_shared(engine)
    if before == after:
        print(f"Nothing to do: the tables are up to date ({after})")
    else:
        print(f"The tables are {'upgraded' if before else 'made'}: {after}")
    if shared and before != after:
        print(SHARED)
    return 0


@command()
def current(ini: Ini) -> int:
    """Print the revision of the tables; the exit status is 1 if an upgrade is needed."""
    engine = _engine(ini)
    if engine is None:
        print("No part of the state is kept in SQL.")
        return 0
    return _print_state(ini, engine)


def _print_state(ini: Ini, engine: Engine) -> int:
    with _errors_explained():
        words, complete = _state(engine)
    print(words if complete else _to_upgrade(ini, words))
    return 0 if complete else 1


def _to_upgrade(ini: Ini, words: str) -> str:
    return ini.in_text(f"{words}: poauth2 INI db upgrade")


def _state(engine: Engine) -> tuple[str, bool]:
    """What is known of the tables, and whether no upgrade is needed."""
    from .. import migrations

    revision, newest = migrations.current(engine), ", ".join(migrations.heads())
    if revision == newest:
        return f"{revision} (the newest)", True
    if revision is not None and not migrations.is_known(revision):
        return LATER.format(revision=revision), True
    if revision is not None:
        return f"{revision} (the newest is {newest})", False
    if migrations.made_elsewhere(engine):
        return ELSEWHERE, True
    if migrations.interrupted(engine):
        return "An upgrade was interrupted. Complete it with", False
    return "There are no tables. Make them with", False


@command()
def check(ini: Ini) -> int:
    """Connect to every store that the ini selects; exit with 1 if one cannot be used."""
    with ini.service() as service:
        usable = {
            name: _print_check(ini, name, backend) for name, backend in service.backends.items()
        }
    engine = _engine(ini) if usable.get("sqlalchemy") else None
    status = 0 if all(usable.values()) else 1
    # What is to be done about one that cannot be used is said above.
    return status if engine is None else max(status, _print_state(ini, engine))


def _print_check(ini: Ini, name: str, backend: IBackend) -> bool:
    """Print whether a store can be used, and return it."""
    try:
        warnings = list(backend.check())
    except StoreUnavailable as unavailable:
        print(f"{name}: cannot be used: {_reason(ini, name, unavailable)}")
        return False
    print(f"{name}: can be used")
    for warning in warnings:
        print(f"  {warning}")
    return True


def _reason(ini: Ini, name: str, unavailable: StoreUnavailable) -> str:
    """What is wrong with a store: the state of its tables, if that says it."""
    engine = _engine(ini) if name == "sqlalchemy" else None
    with suppress(StoreUnavailable), _errors_explained():
        words, complete = _state(engine) if engine is not None else ("", True)
        if not complete:
            return _to_upgrade(ini, words)
    return ini.in_text(str(unavailable))


@command()
def sql(ini: Ini) -> int:
    """Print the statements of ``db upgrade`` for an empty database."""
    engine = _engine(ini)
    if engine is None:
        print("No part of the state is kept in SQL.", file=sys.stderr)
        return 1
    from .. import migrations

    print(migrations.sql(engine.dialect.name), end="")
    return 0


@contextmanager
def _errors_explained() -> Iterator[None]:
    """Replace an error of the database driver by one with an explanation.

    :raises StoreUnavailable: in place of the driver's error.
    """
    from sqlalchemy.exc import DBAPIError

    from ..backends.sqlalchemy.failures import translated

    try:
        yield
    except DBAPIError as error:
        raise translated(error) from None


def _engine(ini: Ini) -> Engine | None:
    settings = ini.settings()
    if "sqlalchemy" not in {settings.backend_of(role) for role in ROLES}:
        return None
    from ..backends.sqlalchemy.engine import engine_factory

    return engine_factory(settings)()

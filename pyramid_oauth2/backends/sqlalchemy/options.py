"""The keys of ``oauth2.sqlalchemy.*`` that are passed to SQLAlchemy, and which are refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine
from sqlalchemy.exc import ArgumentError

from ...startup_error import StartupError

if TYPE_CHECKING:
    from ...settings import Settings

# How long a request waits for a connection of the pool.
POOL_SECONDS = 3

# The stores rely on these values, so they cannot be set.
FIXED: Mapping[str, Any] = {
    "isolation_level": "AUTOCOMMIT",
    "hide_parameters": True,
    # A transaction is ended where it is begun. Otherwise SQLAlchemy would roll back at each return
    # to the pool, which PyMySQL sends and psycopg takes 10 microseconds to find needless.
    "pool_reset_on_return": None,
}
REFUSED = (*FIXED, "skip_autocommit_rollback")
# SQLAlchemy accepts less: a pool without limit, a ValueError where a request has to wait, and a
# RecursionError at each request. A max_overflow of -1 means no limit.
LEAST: Mapping[str, int] = {"pool_size": 0, "pool_timeout": 0, "max_overflow": -1}
# What SQLAlchemy raises for a wrong one.
MISTAKES = (ArgumentError, AttributeError, TypeError, ValueError)
_CURES: Mapping[str, str] = {
    "poolclass": "It is a class, which an ini cannot hold: remove it.",
    "connect_args": (
        "It is a dictionary, which an ini cannot hold: write what the driver needs into the query "
        "of oauth2.sqlalchemy.url, or name a function in oauth2.sqlalchemy.engine."
    ),
}


def options_of(settings: Settings) -> dict[str, str]:
    """Return the keys of the section, as text.

    :raises pyramid.exceptions.ConfigurationError: one cannot be set.
    """
    options = {"pool_timeout": str(POOL_SECONDS), **settings.section("sqlalchemy")}
    for name in REFUSED:
        if name in options:
            raise StartupError(f"oauth2.sqlalchemy.{name} cannot be set: remove it.")
    for name, least in LEAST.items():
        value = options.get(name, "")
        if value.startswith("-") and value != str(least):
            raise StartupError(f"oauth2.sqlalchemy.{name} is a number, {least} or more.")
    return options


def explained(
    error: Exception, make: Callable[[Mapping[str, str]], Engine], options: Mapping[str, str]
) -> StartupError:
    """Return the error that names the option at fault: without it, the engine can be made.

    :param error: what SQLAlchemy raised.
    :param make: makes an engine with some options; it does not connect.
    """
    name = next((name for name in options if _is_wrong(name, make, options)), "*")
    cure = _CURES.get(name, "Correct it, or remove it.")
    return StartupError(f"oauth2.sqlalchemy.{name}: {error}. {cure}")


def _is_wrong(
    name: str, make: Callable[[Mapping[str, str]], Engine], options: Mapping[str, str]
) -> bool:
    with suppress(*MISTAKES):
        make({other: value for other, value in options.items() if other != name})
        return True
    return False

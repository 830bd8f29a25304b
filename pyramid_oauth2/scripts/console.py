"""The log on the terminal of a command, without the lines that are not for its user."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

# At their level INFO: that a client was changed, which the command itself says, and what Alembic
# found in the database. Warnings are printed.
QUIET = ("pyramid_oauth2.audit", "alembic")


def keep_quiet() -> None:
    """Let the handlers that write to a terminal skip these lines; others log them all.

    Where stderr is a file, as under cron or systemd, it is the audit log.
    """
    for handler in _handlers():
        if _is_terminal(getattr(handler, "stream", None)):
            handler.addFilter(_is_for_its_user)


def _handlers() -> Iterator[logging.Handler]:
    for logger in (logging.root, *logging.root.manager.loggerDict.values()):
        if isinstance(logger, logging.Logger):
            yield from logger.handlers


def _is_terminal(stream: Any) -> bool:
    try:
        return bool(stream.isatty())
    except (AttributeError, ValueError):  # It is no stream, or closed.
        return False


def _is_for_its_user(record: logging.LogRecord) -> bool:
    names = (f"{name}." for name in QUIET)
    return record.levelno >= logging.WARNING or not f"{record.name}.".startswith(tuple(names))

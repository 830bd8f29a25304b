"""The log on the terminal of a command, without the lines that are not for its user."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator

# At their level INFO: that a client was changed, which the command itself says, and what Alembic
# found in the database. Warnings are printed.
QUIET = ("pyramid_oauth2.audit", "alembic")


def keep_quiet() -> None:
    """Let the handlers that write to stdout or stderr skip these lines; others log them all."""
    for handler in _handlers():
        if getattr(handler, "stream", None) in (sys.stdout, sys.stderr):
            handler.addFilter(_is_for_its_user)


def _handlers() -> Iterator[logging.Handler]:
    for logger in (logging.root, *logging.root.manager.loggerDict.values()):
        if isinstance(logger, logging.Logger):
            yield from logger.handlers


def _is_for_its_user(record: logging.LogRecord) -> bool:
    names = (f"{name}." for name in QUIET)
    return record.levelno >= logging.WARNING or not f"{record.name}.".startswith(tuple(names))

"""The error that stops the start of an application, printed without a traceback.

A traceback leads to the line of code that is wrong. Where a line of the ini is wrong, something is
missing from the application as a whole, or Pyramid has noted the line, the message alone says it,
and below forty lines of a traceback it is easily missed.
"""

from __future__ import annotations

import logging
import sys
from types import TracebackType
from typing import Any

from pyramid.exceptions import ConfigurationError, ConfigurationExecutionError

log = logging.getLogger(__name__)


class StartupError(ConfigurationError):  # type: ignore[misc]
    """The application cannot start, for a reason that its message says completely.

    The message names the setting, the option of a view, or what is missing, and the cure. It ends
    with the import that failed, if that is the cause: a package may be there, and one that it needs
    is not. No other cause is named, since its message may contain a secret.

    :param info: where the mistake is, if that is not what Pyramid notes for the failed action.
    """

    def __init__(self, message: str, *, info: Any = None) -> None:
        super().__init__(message)
        self.info = info

    def __str__(self) -> str:
        message, cause = str(super().__str__()), self.__cause__
        if not isinstance(cause, ImportError) or str(cause) in message:
            return message
        return f"{message} ({type(cause).__name__}: {' '.join(str(cause).split())})"


def _is_startup_error(error: BaseException) -> bool:
    """Whether *error* is such an error; Pyramid wraps what an action raises."""
    inner = error.evalue if isinstance(error, ConfigurationExecutionError) else error
    return isinstance(inner, StartupError)


def explained(error: BaseException) -> str:
    """The text of a failed start, with the line of the application that Pyramid has noted.

    Of an error that is not about the configuration the type too: the text of a ``KeyError`` is one
    word.
    """
    if not isinstance(error, ConfigurationExecutionError):
        return _text(error)
    info = getattr(error.evalue, "info", None) or error.info
    line, text = getattr(info, "line", 0), _text(error.evalue)
    return f"{text} ({info.file}, line {line})" if line else text


def _text(error: BaseException) -> str:
    known = isinstance(error, ConfigurationError)
    return str(error) if known else f"{type(error).__name__}: {error}"


def print_without_traceback() -> None:
    """Let a process that such an error ends print its message alone.

    Only where Python itself would print the traceback: the hook of another library, as one that
    reports errors, stays. The traceback is logged at the level DEBUG.
    """
    if sys.excepthook is sys.__excepthook__:
        sys.excepthook = _print


def _print(
    kind: type[BaseException], error: BaseException, traceback: TracebackType | None
) -> None:
    if not _is_startup_error(error):
        sys.__excepthook__(kind, error, traceback)
        return
    print(f"The application cannot start. {explained(error)}", file=sys.stderr)
    log.debug("The application cannot start", exc_info=(kind, error, traceback))

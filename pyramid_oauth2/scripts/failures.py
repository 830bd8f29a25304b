"""Why a command failed, in a line on stderr, and its exit status."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress

import click
from pyramid.exceptions import ConfigurationError

from ..protocol.records import StoreUnavailable
from ..startup_error import explained
from .arguments import without_secrets
from .command import similar

FAILED, WRONG_USAGE, INTERRUPTED = 1, 2, 130
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})


def report(error: BaseException) -> int | None:
    """Print a failure that is no fault of the program.

    :return: the exit status; None for any other failure, of which nothing was printed.
    """
    match error:
        case click.UsageError():
            _print(f"poauth2: {without_secrets(_mistake(error))}")
            if error.ctx is not None:
                _print(f"Try: {error.ctx.command_path} --help")
            return WRONG_USAGE
        case ConfigurationError():
            _print(f"poauth2: {explained(error)}")
        case StoreUnavailable():
            _print(f"poauth2: {error}")
        case BrokenPipeError():
            # The reader of the output has closed it, and has what it needs.
            _discard_output()
        case OSError() if error.errno in FULL:
            _discard_output()
            _print(f"poauth2: the output cannot be written: {error.strerror}")
        case KeyboardInterrupt() | click.Abort():
            _print("poauth2: stopped")
            return INTERRUPTED
        case _:
            return None
    return FAILED


def _mistake(error: click.UsageError) -> str:
    if isinstance(error, click.NoSuchOption):
        meant = dict.fromkeys(error.possibilities or ())
        return f"there is no option {error.option_name}{similar(error.option_name, meant)}"
    if isinstance(error, click.BadParameter) and error.message and error.param is not None:
        return f"{error.param.param_type_name} {_name(error.param)}: {error.message}"
    text = error.format_message().rstrip(".")
    return text[:1].lower() + text[1:]


def _name(parameter: click.Parameter) -> str:
    return (
        parameter.opts[-1] if isinstance(parameter, click.Option) else parameter.human_readable_name
    )


def _print(line: str) -> None:
    # It may be closed or full as well.
    with suppress(OSError):
        print(line, file=sys.stderr)


def _discard_output() -> None:
    # Python would write the rest when it closes stdout at exit, and fail again.
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

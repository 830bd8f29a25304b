"""What the shell completes: it is printed alone, without what the application prints or raises."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout, suppress
from io import StringIO

import click

STDOUT_AND_STDERR = (1, 2)


def complete(program: click.Command, name: str, variable: str, instruction: str) -> int:
    """Print the script for a shell, or what it may offer for the word that is typed.

    The shell shows everything else in the line that is typed, so a failure prints nothing.

    :param variable: the environment variable that has the *instruction*.
    :param instruction: such as ``bash_source`` or ``bash_complete``.
    :return: the exit status: 0, or 1 if there is nothing to print.
    """
    from click.shell_completion import get_completion_class

    shell, _, wanted = instruction.partition("_")
    kind = get_completion_class(shell)
    if kind is None or wanted not in ("source", "complete"):
        return 1
    completion = kind(program, {}, name, variable)
    if wanted == "source":
        click.echo(completion.source())
        return 0
    try:
        with _silence():
            offered = completion.complete()
    except (Exception, SystemExit):
        # The words are missing from the environment, or it is a mistake of the application.
        return 1
    click.echo(offered)
    return 0


@contextmanager
def _silence() -> Iterator[None]:
    """Discard what is printed, also by code in C and by other programs."""
    with ExitStack() as stack:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        stack.callback(os.close, nowhere)
        for descriptor in STDOUT_AND_STDERR:
            with suppress(OSError):  # It is closed.
                kept = os.dup(descriptor)
                stack.callback(os.close, kept)
                stack.callback(os.dup2, kept, descriptor)
                os.dup2(nowhere, descriptor)
        stack.enter_context(redirect_stdout(StringIO()))
        stack.enter_context(redirect_stderr(StringIO()))
        yield

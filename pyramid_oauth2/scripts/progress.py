"""The progress of a long command, shown only on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def counting(noun: str) -> Iterator[Callable[[int], None]]:
    """Show a count while the block runs; the block calls the function with the number so far.

    With rich (extra ``cli``) it is a bar with the elapsed time, and without it a line.
    Nothing is shown if stderr is redirected.
    """
    if not sys.stderr.isatty():
        yield lambda number: None
        return
    try:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
    except ImportError:
        yield lambda number: print(f"\r{number} {noun} ...", end="", file=sys.stderr, flush=True)
        print(file=sys.stderr)
        return
    columns = (TextColumn("{task.completed} " + noun), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(noun, total=None)
        yield lambda number: progress.update(task, completed=number)

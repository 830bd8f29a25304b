"""Programs of Python that the tests start by the hundred, without importing everything each time.

Of the CPU time of a ``poauth2`` or ``pserve``, most is for imports. So a process of the tests
starts one process that has imported what they need, :mod:`.source`, once it needs it. It forks
for each program. In the folder of :func:`folder` are the commands that ask it to,
:mod:`.command`: they have the arguments, the streams, the folder, the environment, the signals
and the exit status of the real program.

What an interpreter itself does, with its streams, its options and at its end, is tested with the
real programs: ``tests/scripts/test_messages.py`` and ``test_standard_streams.py``. So is every
test with ``TEST_PRELOADED=0``, as CI runs those that start programs once more.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

BIN = Path(sys.executable).parent
PROGRAMS = ("alembic", "gunicorn", "poauth2", "pserve")
HERE = Path(__file__).parent


@cache
def folder() -> Path:
    """The folder of the commands, whose source runs until this process ends.

    It is that of the real programs with ``TEST_PRELOADED=0``, and where the system cannot do it.
    """
    if os.environ.get("TEST_PRELOADED") == "0" or not hasattr(os, "pidfd_open"):
        return BIN
    stack = contextlib.ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(commands(BIN, PROGRAMS))


@contextlib.contextmanager
def commands(real: Path, names: Iterable[str]) -> Iterator[Path]:
    """A folder of commands that have programs run by a source, which ends with the block.

    :param real: the folder of the programs.
    :param names: those that there is a command for.
    """
    with tempfile.TemporaryDirectory(prefix="preloaded-") as made:
        folder = Path(made)
        address = folder / "source"
        # Isolated, and without site-packages: it starts in a hundredth of a second.
        head = f"#!{sys.executable} -IS\nSOURCE, BIN = {str(address)!r}, {str(real)!r}\n"
        for name in names:
            (folder / name).write_text(head + (HERE / "command.py").read_text())
            (folder / name).chmod(0o755)
        with _source(address, real):
            yield folder


@contextlib.contextmanager
def _source(address: Path, real: Path) -> Iterator[None]:
    with subprocess.Popen(
        [sys.executable, HERE / "source.py", address, real],
        stdin=subprocess.PIPE,  # It ends with its input, also if this process is killed.
        stdout=subprocess.PIPE,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        process_group=0,  # Ctrl-C is for this process.
    ) as source:
        assert source.stdout is not None
        source.stdout.readline()  # It listens.
        yield

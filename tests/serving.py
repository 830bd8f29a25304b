"""A WSGI server as users start it: a separate process on a free port."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from . import preloaded
from .log_watch import credentials_in
from .preloaded import BIN


def environment(**more: str) -> dict[str, str]:
    """The environment of a shell in which the virtual environment is active."""
    path = os.pathsep.join((str(preloaded.folder()), str(BIN), os.environ["PATH"]))
    return {**os.environ, "PATH": path, **more}


@contextlib.contextmanager
def serving(ini: Path, port: int, **variables: str):
    """Run ``pserve`` on *ini* until the block ends; fail if its log has a credential in it.

    It logs at DEBUG, which needs a separate ini: a command that a test runs on *ini*
    sets up the logging of the test's process.
    """
    talkative = ini.with_suffix(f".{port}.ini")
    talkative.write_text(ini.read_text().replace("level = INFO", "level = DEBUG"))
    log = ini.with_suffix(f".{port}.log")
    with running(["pserve", talkative.name], log, port, **variables):
        yield log


@contextlib.contextmanager
def running(command: Sequence[str], log: Path, *ports: int, **variables: str):
    """Run a server and its children until the block ends; fail if *log* has a credential.

    :param log: the file for its output; its folder is the working directory.
    :param ports: the ports of localhost to wait for.
    """
    with log.open("w") as output:
        process = subprocess.Popen(
            command,
            cwd=log.parent,
            env=environment(**variables),
            stdout=output,
            stderr=output,
            process_group=0,
        )
    try:
        for port in ports:
            _wait(process, port, log)
        yield log
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(10)
    found = credentials_in(log.read_text())
    # Only the kind of each, since the message may end up in a log too.
    assert not found, f"credentials in {log}: {[value[:6] for value in found]}"


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if process.poll() is not None:
            pytest.fail(f"the server stopped:\n{log.read_text()}")
        with contextlib.suppress(OSError):
            socket.create_connection(("localhost", port), timeout=1).close()
            return
        time.sleep(0.05)
    pytest.fail(f"nothing listens on {port}:\n{log.read_text()}")

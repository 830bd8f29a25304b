"""A server process for the tests, which never outlives them."""

from __future__ import annotations

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

PATIENCE = 30  # seconds for a server to come up
PR_SET_PDEATHSIG = 1
DIRECTORIES = "pyramid-oauth2-test-"

# Loaded here, since there is no time to search for a library between fork and exec.
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def servant() -> dict[str, Any]:
    """Options to run servers as an unprivileged user if we are root, which PostgreSQL refuses."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def new_directory() -> Path:
    """Create a directory that belongs to the :func:`servant`. The caller removes it."""
    _remove_leftovers()
    directory = Path(tempfile.mkdtemp(prefix=f"{DIRECTORIES}{os.getpid()}-", dir=_parent()))
    give(directory)
    return directory


def _parent() -> Path:
    # The directory named by the environment may be accessible to root only.
    choices = [Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp")]
    return next((choice for choice in choices if reachable(choice / "any")), choices[0])


@cache
def _remove_leftovers() -> None:
    # Of test runs that were killed. Their servers died with them.
    for directory in _parent().glob(f"{DIRECTORIES}*"):
        pid = int(directory.name.removeprefix(DIRECTORIES).partition("-")[0])
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            shutil.rmtree(directory, ignore_errors=True)
        except PermissionError:
            pass  # Of a test run that is still active.


def give(path: Path) -> None:
    """Make the :func:`servant` the owner of *path*."""
    if them := servant():
        os.chown(path, them["user"], them["group"])


def reachable(path: Path) -> bool:
    """Return whether the :func:`servant` may use *path*, which may be in root's home."""
    return not servant() or all(folder.stat().st_mode & 0o001 for folder in path.parents)


def run(command: Sequence[str | Path], **options: Any) -> None:
    """Run a set-up program as the :func:`servant`.

    :raises RuntimeError: it failed; the message has its output.
    """
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **servant(), **options
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed:\n{done.stdout.decode(errors='replace')}")


class Daemon:
    """A server program: started, killed, started again, and stopped when this process ends.

    :param command: the command to run; it must stay in the foreground.
    :param directory: its working directory, which also gets its output.
    :param stop_signal: ends it at once, and lets it release its system resources.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        directory: Path,
        stop_signal: signal.Signals = signal.SIGKILL,
    ) -> None:
        self.command = command
        self.directory = directory
        self.stop_signal = stop_signal
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; :meth:`wait` returns once it serves."""
        with (self.directory / "log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=self.directory,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                **servant(),
                # Ctrl-C is for this process, which stops the server at the end.
                process_group=0,
                preexec_fn=self._die_with_parent,
            )

    def _die_with_parent(self) -> None:
        # After the change of user, which would reset it.
        if _libc is not None:
            _libc.prctl(PR_SET_PDEATHSIG, self.stop_signal)

    def wait(self, probe: Callable[[], object]) -> None:
        """Wait until *probe* no longer raises.

        :raises RuntimeError: the server ended or does not respond; with the end of its log.
        """
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                probe()
            except Exception as error:
                if self.process is None or self.process.poll() is not None:
                    raise RuntimeError(f"{self.command[0]} ended:\n{self._log()}") from error
                if time.monotonic() > deadline:
                    raise RuntimeError(f"{self.command[0]} is mute:\n{self._log()}") from error
                time.sleep(0.02)
            else:
                return

    def kill(self, with_signal: signal.Signals = signal.SIGKILL) -> None:
        """Kill it, as a crash would."""
        if self.process is not None:
            self.process.send_signal(with_signal)
            self.process.wait()

    def stop(self) -> None:
        """End it."""
        self.kill(self.stop_signal)

    def _log(self) -> str:
        return (self.directory / "log").read_text(errors="replace")[-4000:]

"""``python source.py ADDRESS BIN``: forks for each command that asks, until its input ends."""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import io
import marshal
import os
import runpy
import selectors
import signal
import socket
import sys
import threading
import time
import warnings
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

# Only what a program imports anyway; none of it starts a thread.
MODULES = (
    *("alembic.command", "alembic.config", "argon2", "gunicorn.app.wsgiapp"),
    *("plaster_pastedeploy", "prometheus_client", "psycopg", "pymysql", "pyramid.scripts.pserve"),
    *("pyramid_jinja2", "pyramid_tm", "redis.cluster", "redis.sentinel", "requests"),
    *("sqlalchemy.dialects.mysql.pymysql", "sqlalchemy.dialects.postgresql.psycopg"),
    *("sqlalchemy.dialects.sqlite", "sqlalchemy.orm", "urllib3", "waitress", "zope.sqlalchemy"),
    *("pyramid_oauth2.demo", "pyramid_oauth2.migrations", "pyramid_oauth2.backends.redis"),
    *("pyramid_oauth2.backends.sqlalchemy", "pyramid_oauth2.scripts.poauth2"),
)


class Program(NamedTuple):
    """What is run: its name and arguments, its folder, umask, process group and environment."""

    words: list[str]
    folder: str
    umask: int
    group: int
    environ: dict[str, str]


class Source:
    """Waits for commands, for the ends of their programs, and for commands that are killed."""

    def __init__(self, address: str) -> None:
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(address)
        self._listening.listen(100)
        self._waiting = selectors.DefaultSelector()
        self._waiting.register(self._listening, selectors.EVENT_READ, self._fork)
        self._waiting.register(sys.stdin, selectors.EVENT_READ, self._stop)
        self._commands: dict[int, socket.socket] = {}  # by the process of the program
        self._stopped = False

    def serve(self) -> Program | None:
        """Return what to run, in each process that was forked, which has its streams.

        The process itself returns None once its input has ended.
        """
        while not self._stopped:
            for key, _ in self._waiting.select():
                if started := key.data():
                    return started
        return None

    def _stop(self) -> None:
        self._stopped = True
        for pid in self._commands:
            os.kill(pid, signal.SIGKILL)

    def _fork(self) -> Program | None:
        command, _ = self._listening.accept()
        size, streams, _, _ = socket.recv_fds(command, 4, 3, socket.MSG_WAITALL)
        what = command.recv(int.from_bytes(size, sys.byteorder), socket.MSG_WAITALL)
        program = Program(*marshal.loads(what))
        pid = os.fork()
        if not pid:
            self._leave(command)
            for number, stream in enumerate(streams):
                os.dup2(stream, number)
            os.closerange(3, 1 + max(int(each.name) for each in Path("/proc/self/fd").iterdir()))
            return program
        for stream in streams:
            os.close(stream)
        command.sendall(pid.to_bytes(4, sys.byteorder))
        self._commands[pid] = command
        ended = os.pidfd_open(pid)
        self._waiting.register(ended, selectors.EVENT_READ, partial(self._end, pid, ended))
        gone = partial(os.kill, pid, signal.SIGKILL)
        self._waiting.register(command, selectors.EVENT_READ, gone)
        return None

    def _end(self, pid: int, ended: int) -> None:
        _, status = os.waitpid(pid, 0)
        code = os.waitstatus_to_exitcode(status)
        command = self._commands.pop(pid)
        for each in (ended, command):
            self._waiting.unregister(each)
        os.close(ended)
        with contextlib.suppress(OSError), command:  # The command may be gone.
            command.sendall(code.to_bytes(4, sys.byteorder, signed=True))

    def _leave(self, command: socket.socket) -> None:
        """Forget the files that are open here: a program may have others of the same numbers."""
        self._waiting.close()
        for each in (self._listening, command, *self._commands.values()):
            each.detach()


def become(program: Program, folder: str) -> str:
    """Take over what is the program's own; return its file."""
    os.setpgid(0, program.group)
    os.chdir(program.folder)
    os.umask(program.umask)
    os.environ.clear()
    os.environ.update(program.environ)
    time.tzset()
    name, *words = program.words
    sys.argv[:] = [f"{folder}/{name}", *words]  # The same list: pserve has it as a default.
    paths = filter(None, program.environ.get("PYTHONPATH", "").split(os.pathsep))
    sys.path[:1] = [folder, *(str(Path(each).absolute()) for each in paths)]
    sys.stdin, sys.stdout, sys.stderr = map(_opened, (sys.stdin, sys.stdout, sys.stderr))
    return sys.argv[0]


def _opened(before: Any) -> Any:
    """A standard stream, buffered as its new file and the environment demand."""
    unbuffered = before.mode == "w" and bool(os.environ.get("PYTHONUNBUFFERED"))
    buffering = 0 if unbuffered else -1
    raw = os.fdopen(before.fileno(), f"{before.mode}b", buffering, closefd=False)
    return io.TextIOWrapper(
        raw,
        before.encoding,
        before.errors,
        line_buffering=before.fileno() == 2 or raw.isatty(),
        write_through=unbuffered,
    )


def load() -> None:
    """Import what the programs need."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in MODULES:
            with contextlib.suppress(ImportError):  # Of an extra that is not installed.
                importlib.import_module(name)


def run(file: str) -> int:
    """Run the program; return its exit status."""
    try:
        runpy.run_path(file, run_name="__main__")
    except SystemExit as ended:
        if ended.code is None or isinstance(ended.code, int):
            return ended.code or 0
        print(ended.code, file=sys.stderr)
        return 1
    except BaseException:
        sys.excepthook(*sys.exc_info())
        return 1
    return 0


def end(status: int) -> None:
    """End as an interpreter does, but do not free what was loaded: that takes most of the time."""
    threading._shutdown()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):  # Its reader has gone.
            stream.flush()
    os._exit(status)


if __name__ == "__main__":
    load()
    gc.freeze()  # A collection would copy all of it.
    source = Source(sys.argv[1])
    print("listens", flush=True)
    if started := source.serve():
        end(run(become(started, sys.argv[2])))

"""A preloaded program is run as the real one: with all that is its command's."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import preloaded

PROGRAM = f"""#!{sys.executable}
import atexit, json, os, signal, sys

atexit.register(lambda: sys.stdout.write("last"))
match sys.argv[1:]:
    case ["show", *words]:
        mask = os.umask(0)
        streams = [(each.fileno(), each.isatty()) for each in (sys.stdin, sys.stdout, sys.stderr)]
        print(json.dumps({{
            "name": __name__, "words": sys.argv, "path": sys.path, "folder": os.getcwd(),
            "umask": mask, "group": os.getpgrp(), "streams": streams,
            "environ": dict(os.environ), "input": sys.stdin.read(), "encoding": sys.stdout.encoding,
            "files": len(os.listdir("/proc/self/fd")),
        }}))
        print("an error", file=sys.stderr)
    case ["exit", code]:
        sys.exit(int(code) if code.isdigit() else code)
    case ["raise"]:
        raise RuntimeError("broken")
    case ["wait"]:
        print(os.getpid(), flush=True)
        signal.sigwait([])
    case ["clean"]:
        signal.signal(signal.SIGTERM, lambda *arguments: sys.exit(7))
        print(os.getpid(), flush=True)
        while True:
            signal.pause()
"""


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path]]:
    """The folder of a program, and that of its command."""
    real = tmp_path_factory.mktemp("real")
    (real / "program").write_text(PROGRAM)
    (real / "program").chmod(0o755)
    with preloaded.commands(real, ["program"]) as commands:
        yield real, commands


@pytest.fixture(params=["real", "preloaded"])
def program(folders: tuple[Path, Path], request: pytest.FixtureRequest) -> Path:
    """Either of them: what is expected of one is true of the other."""
    return folders[request.param == "preloaded"] / "program"


def run(program: Path, *words: str, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([program, *words], capture_output=True, text=True, **options)


def test_everything_that_is_its_own(folders: tuple[Path, Path], tmp_path: Path) -> None:
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": f".:{tmp_path}/more", "LANG": "C.UTF-8"}
    environ |= {"ONE": "\u00fc", "HOME": str(tmp_path)}
    shown = []
    for folder in folders:
        before = os.umask(0o027)
        done = run(folder / "program", "show", "a b", cwd=tmp_path, env=environ, input="in")
        os.umask(before)
        assert (done.returncode, done.stderr) == (0, "an error\n")
        shown.append(json.loads(done.stdout.removesuffix("last")))
    real, command = shown
    assert (real["umask"], real["group"]) == (0o027, os.getpgrp())
    assert real["path"][1:3] == [str(tmp_path), f"{tmp_path}/more"]
    # What the programs of this project append, all of which import pkg_resources.
    del command["path"][len(real["path"]) :]
    assert command == real


@pytest.mark.parametrize("words", [("exit", "0"), ("exit", "3"), ("exit", "a message"), ("raise",)])
def test_its_end(folders: tuple[Path, Path], words: tuple[str, ...]) -> None:
    real, command = (run(folder / "program", *words) for folder in folders)
    assert command.returncode == real.returncode
    assert command.stdout == real.stdout == "last"
    assert command.stderr.splitlines()[-1:] == real.stderr.splitlines()[-1:]


@pytest.mark.parametrize(
    ("word", "signals", "status"),
    [
        ("wait", [signal.SIGTERM], -signal.SIGTERM),
        ("wait", [signal.SIGKILL], -signal.SIGKILL),
        ("clean", [signal.SIGTERM], 7),
        ("clean", [signal.SIGKILL], -signal.SIGKILL),
    ],
)
def test_signals(program: Path, word: str, signals: list[signal.Signals], status: int) -> None:
    with subprocess.Popen([program, word], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        for number in signals:
            process.send_signal(number)
        assert process.wait(10) == status
    assert_gone(pid)


def test_a_signal_to_its_group(program: Path) -> None:
    command = [program, "wait"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, process_group=0) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        os.killpg(process.pid, signal.SIGTERM)
        assert process.wait(10) == -signal.SIGTERM
    assert_gone(pid)


def test_an_interpreter_that_starts_otherwise_is_a_real_one(folders: tuple[Path, Path]) -> None:
    environ = {**os.environ, "PYTHONIOENCODING": "cp437"}
    done = run(folders[1] / "program", "show", env=environ)
    assert json.loads(done.stdout.removesuffix("last"))["encoding"] == "cp437"


def test_no_program_outlives_its_source(folders: tuple[Path, Path]) -> None:
    with preloaded.commands(folders[0], ["program"]) as commands:
        process = subprocess.Popen([commands / "program", "wait"], stdout=subprocess.PIPE)
        assert process.stdout is not None
        pid = int(process.stdout.readline())
    with process:
        assert_gone(pid)


def assert_gone(pid: int) -> None:
    """Its parent may need a moment to notice."""
    deadline = time.monotonic() + 10
    while Path(f"/proc/{pid}").exists():
        assert time.monotonic() < deadline, "it outlives its command"
        time.sleep(0.01)

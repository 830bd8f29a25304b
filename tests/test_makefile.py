"""What make says where it cannot do its work: one line, with the cure."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from . import programs

ROOT = Path(__file__).parents[1]
OFFLINE = {
    "PIP_CONFIG_FILE": os.devnull,
    "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
    "PIP_EXTRA_INDEX_URL": "",
    "PIP_FIND_LINKS": "",
    "PIP_RETRIES": "0",
}


def make(folder: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    programs.need("make")
    for name in ("Makefile", "pyproject.toml", "constraints.txt", "README.md"):
        shutil.copy(ROOT / name, folder)
    command = ["make", "--no-print-directory", *words]
    return subprocess.run(command, cwd=folder, env=os.environ | env, capture_output=True, text=True)


@pytest.mark.parametrize("port", ["abc", "70 01", "-1", ""])
def test_a_port_that_is_none(tmp_path: Path, port: str):
    done = make(tmp_path, "demo", f"PORT={port}")
    assert done.returncode
    assert "PORT is a number, as in: make demo PORT=7001" in done.stderr
    assert not (tmp_path / ".venv").exists()


def test_a_python_that_is_not_there(tmp_path: Path):
    done = make(tmp_path, "demo", "PYTHON=python2.9")
    assert done.returncode
    cure = "There is no python2.9 here: name another, as in: make demo PYTHON=python3.12\n"
    assert done.stdout == cure


def test_without_a_network(tmp_path: Path):
    done = make(tmp_path, ".venv/demo", **OFFLINE)
    assert done.returncode
    *_, said, where = done.stdout.splitlines()
    assert said.startswith("The packages could not be installed. Is there a network? Could not")
    assert where == "All that was said is in .venv/install.log."
    assert not (tmp_path / ".venv/demo").exists()


@pytest.mark.parametrize(
    ("words", "leaves_out"),
    [
        (("TESTS=", "TEST_DEMAND="), True),
        (("TESTS=", "TEST_DEMAND=all"), False),
        (("TESTS=tests/race", "TEST_DEMAND="), False),
    ],
)
def test_what_only_ci_runs_is_left_out_of_no_run_that_demands_it(
    words: tuple[str, ...], leaves_out: bool
):
    programs.need("make")
    command = ["make", "--dry-run", "test", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert ("--ignore=tests/race " in done.stdout) == leaves_out
    assert ("Left out" in done.stdout) == leaves_out
    subprocess.run(["sh", "-n"], input=done.stdout, text=True, check=True)

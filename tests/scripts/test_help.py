"""The ``--help`` of each command, and whether its examples can be typed."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from pyramid_oauth2.scripts.command import Command, Commands
from pyramid_oauth2.scripts.poauth2 import COMMANDS as TABLE
from pyramid_oauth2.scripts.poauth2 import main, program

WIDTH = 80
HEAVY = ("sqlalchemy.orm", "alembic", "redis", "rich", "argparse")


def commands_of(group: Commands, words: str = "") -> Iterator[tuple[str, click.Command]]:
    for name, named in group.named.items():
        command = named.load()
        yield f"{words}{name}", command
        if isinstance(command, Commands):
            yield from commands_of(command, f"{words}{name} ")


COMMANDS = dict(commands_of(program))
EPILOGS = [command.epilog for command in (program, *COMMANDS.values()) if command.epilog]
EXAMPLES = sorted(
    {
        line.strip()
        for epilog in EPILOGS
        for line in epilog.replace("\\\n", "").splitlines()
        if line.startswith("  poauth2 ")
    }
)


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(WIDTH))


@pytest.mark.parametrize("name", COMMANDS)
def test_help_says_what_to_type_and_what_it_does(name: str, capsys: pytest.CaptureFixture[str]):
    assert main([*name.split(), "--help"]) == 0
    text = capsys.readouterr().out.partition("\nExamples:")[0]
    assert text.startswith(f"Usage: poauth2 INI {name} ")
    assert re.search(r"\n\n  [A-Z][^\n]*\w.*?\.\n\n", text, re.DOTALL)
    assert max(map(len, text.splitlines())) <= WIDTH


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_one_sentence_in_the_list(name: str):
    *groups, last = name.split()
    named = TABLE if not groups else COMMANDS[" ".join(groups)].named  # type: ignore[attr-defined]
    assert re.fullmatch(r"[A-Z][^.]*\.", named[last].help)


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_can_be_typed(example: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "keys.json").write_text("{}")  # An option reads it.
    invoked = []
    monkeypatch.setattr(Command, "invoke", lambda command, ctx: invoked.append(command) or 0)
    _, *words = shlex.split(re.sub(r" [<>] \S+$", "", example))
    assert main(words) == 0
    assert len(invoked) == ("--help" not in words)


@pytest.mark.parametrize("words", [(), ("app.ini",), ("app.ini", "client"), ("client",)])
def test_without_a_command_there_is_help(words: tuple[str, ...], capsys: pytest.CaptureFixture):
    assert main(words) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("Usage: poauth2 INI ")
    assert "\nCommands:\n" in printed.err


@pytest.mark.parametrize("words", [("--help",), ("app.ini", "--help"), ("app.ini", "a=b", "-h")])
def test_the_help_of_the_program(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]):
    assert main(words) == 0
    assert capsys.readouterr().out.startswith("Usage: poauth2 INI [name=value ...] COMMAND")


@pytest.mark.parametrize("words", [("--version",), ("app.ini", "--version")])
def test_the_version(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]):
    assert main(words) == 0
    assert re.fullmatch(r"poauth2 \d+\.\d+\S*\n", capsys.readouterr().out)


@pytest.mark.parametrize("words", [["--help"], ["client", "--help"]])
def test_help_imports_nothing_heavy(words: list[str]):
    """Beyond the package itself, which an application imports anyway."""
    code = (
        "import sys, pyramid_oauth2; before = set(sys.modules)\n"
        "from pyramid_oauth2.scripts.poauth2 import main\n"
        "main(sys.argv[1:]); print(*set(sys.modules) - before, sep='\\n')"
    )
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, check=True)
    modules = set(done.stdout.decode().splitlines())
    assert "pyramid_oauth2.scripts.command" in modules
    assert not {name for name in modules if name.startswith(HEAVY)}
    commands = {f"pyramid_oauth2.scripts.{named.module}" for named in TABLE.values()}
    assert modules & commands <= {f"pyramid_oauth2.scripts.{word}" for word in words}

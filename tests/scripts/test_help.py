"""The ``--help`` of each command, and whether its examples can be typed."""

from __future__ import annotations

import argparse
import re
import shlex
from collections.abc import Iterator

import pytest

from pyramid_oauth2.scripts.poauth2 import main, parser

WIDTH = 80


def commands_of(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield command
                yield from commands_of(command)


COMMANDS = {command.prog.removeprefix("poauth2 INI "): command for command in commands_of(parser())}
FIRST_WORDS = {name.split()[0] for name in COMMANDS}
EPILOGS = [command.epilog for command in (parser(), *COMMANDS.values()) if command.epilog]
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
    with pytest.raises(SystemExit) as done:
        main([*name.split(), "--help"])
    text = capsys.readouterr().out.partition("\nexamples:")[0]
    assert done.value.code == 0
    assert text.startswith(f"usage: poauth2 INI {name} ")
    assert re.search(r"\n\n[A-Z][^\n]*\w.*?\.\n\n", text, re.DOTALL)
    assert max(map(len, text.splitlines())) <= WIDTH


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_can_be_typed(example: str):
    _, *words = shlex.split(re.sub(r" [<>] \S+$", "", example))
    # The ini and its variables precede the command.
    begin = next(at for at, word in enumerate(words) if word in FIRST_WORDS)
    status: object = 0
    try:
        parser().parse_args(words[begin:])
    except SystemExit as stopped:  # --help exits too.
        status = stopped.code
    assert status == 0

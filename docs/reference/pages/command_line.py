"""``command-line.md``: every command, with its help as ``--help`` prints it.

Where argparse breaks lines differs between Python versions; the page has the
output of 3.11.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from unittest import mock

from pyramid_oauth2.scripts import poauth2

COLUMNS = "80"
INTRODUCTION = """\
# The command line

`poauth2` administers the authorization server of an application: its clients, its grants and its
stores. It reads the same ini as `pserve`. `poauth2 COMMAND --help` prints the text of this page."""


def page() -> str:
    """The page."""
    parts = [INTRODUCTION]
    with mock.patch.dict(os.environ, {"COLUMNS": COLUMNS}):
        for title, parser in _commands(poauth2.parser()):
            level = "##" if title.count(" ") < 3 else "###"
            parts += [f"{level} `{title}`", f"```text\n{parser.format_help().strip()}\n```"]
    return "\n\n".join(parts) + "\n"


def _commands(parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    yield parser.prog, parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield from _commands(command)

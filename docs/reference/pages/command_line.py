"""``command-line.md``: every command, with its help as ``--help`` prints it."""

from __future__ import annotations

from collections.abc import Iterator

import click

from pyramid_oauth2.scripts.command import Commands
from pyramid_oauth2.scripts.poauth2 import program

COLUMNS = 80
INTRODUCTION = """\
# The command line

`poauth2` administers the authorization server of an application: its clients, its grants and its
stores. It reads the same ini as `pserve`. `poauth2 COMMAND --help` prints the text of this page."""


def page() -> str:
    """The page."""
    parts = [INTRODUCTION]
    context = program.make_context("poauth2", [], resilient_parsing=True, terminal_width=COLUMNS)
    for each in _contexts(context):
        title = each.command_path
        level = "##" if title.count(" ") < 3 else "###"
        parts += [f"{level} `{title}`", f"```text\n{each.get_help().strip()}\n```"]
    return "\n\n".join(parts) + "\n"


def _contexts(context: click.Context) -> Iterator[click.Context]:
    yield context
    if isinstance(context.command, Commands):
        for name in context.command.named:
            command = context.command.get_command(context, name)
            if command is not None:
                yield from _contexts(
                    command.make_context(name, [], context, resilient_parsing=True)
                )

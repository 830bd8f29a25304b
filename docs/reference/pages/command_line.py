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
stores. It reads the same ini as `pserve`. `poauth2 COMMAND --help` prints the text of this page.

**Exit status**: 0; 1 if the command failed, which a line on stderr explains; 2 if the words of the
command are wrong, or there is none; 130 if it was interrupted. A message never repeats a token,
or a word that is one too many.

**Completion**: with one of these lines in the start-up file of your shell, Tab completes the ini,
then commands, then options. For the options of `client add` and `client edit` it starts the
application, which may have declared more of them.

```sh
eval "$(_POAUTH2_COMPLETE=bash_source poauth2)"    # ~/.bashrc
eval "$(_POAUTH2_COMPLETE=zsh_source poauth2)"     # ~/.zshrc
_POAUTH2_COMPLETE=fish_source poauth2 | source     # ~/.config/fish/config.fish
```

**The log**: a command logs as the ini says. A handler that writes to a terminal leaves out the
audit log and the lines of Alembic, except warnings; `poauth2 --verbose INI COMMAND` prints them.
Where stdout or stderr is a file or a pipe, as under cron and systemd or with `2>>poauth2.log`,
nothing is left out."""


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

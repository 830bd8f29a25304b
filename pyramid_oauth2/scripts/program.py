"""``poauth2 INI [name=value ...] COMMAND``: the ini precedes the command."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from .command import NO_COMMAND, Commands, Named, print_help
from .ini import Ini

VERBOSE = "--verbose"


class Program(Commands):
    """The group of all commands. The ini is the ``obj`` of its context; None if none is named."""

    def __init__(self, named: Mapping[str, Named], details: str, examples: str) -> None:
        ini = click.Argument(["ini"], metavar="INI", required=False, shell_complete=ini_files)
        verbose = click.Option(
            [VERBOSE],
            is_flag=True,
            expose_value=False,
            help="Print the whole log, where the ini's handlers write to a terminal.",
        )
        settings: dict[str, Any] = {"help_option_names": ["-h", "--help"]}
        super().__init__(named, details, examples, params=[ini, verbose], context_settings=settings)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse what precedes the command: the ini, its variables and the options of the group."""
        options, args = _options(args)
        path, variables = "", {}
        if args and args[0] not in self.named:
            path, *args = args
            while args and (args[0].startswith("-") or "=" in args[0]):
                word = args.pop(0)
                if word.startswith("-"):
                    options.append(word)
                else:
                    name, _, value = word.partition("=")
                    variables[name] = value
        ctx.obj = Ini(path, variables, VERBOSE in options) if path else None
        if not (options or args or ctx.resilient_parsing):
            print_help(ctx, NO_COMMAND if path else None)
        # The parser takes the first word for the ini, also where none is named.
        words = [path, *args] if path or args else []
        return super().parse_args(ctx, [*options, *words])

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """What follows the name of the program in its usage."""
        return ["INI", "[name=value ...]", "COMMAND [ARGS]..."]


def _options(words: list[str]) -> tuple[list[str], list[str]]:
    """The options at the beginning, and the words after them."""
    count = next((at for at, word in enumerate(words) if not word.startswith("-")), len(words))
    return words[:count], words[count:]


def ini_files(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[Any]:
    """The ini files of a folder that begin so; if there are none, the shell completes files."""
    from click.shell_completion import CompletionItem

    folder, slash, beginning = incomplete.rpartition("/")
    found = Path(folder + slash or ".").glob("*.ini")
    names = sorted(path.name for path in found if path.name.startswith(beginning))
    return [CompletionItem(folder + slash + name) for name in names] or [
        CompletionItem(incomplete, type="file")
    ]

"""Commands of ``poauth2``: each is declared in one line, and imported when it is used."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeAlias

import click

from ..protocol.records import StoreUnavailable

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

Function: TypeAlias = Callable[..., int]

# Not which: it may be a secret.
UNEXPECTED = "unexpected word"
NO_COMMAND = "name a command: one of the list above"
NO_INI = "name the ini file first, as in: poauth2 development.ini db upgrade"


@dataclass(frozen=True, slots=True)
class Named:
    """Where a command is, and what it does.

    :param module: its module, below ``pyramid_oauth2.scripts``.
    :param attribute: its name in the module.
    :param help: one sentence, for the list of commands and for the beginning of its own help.
    """

    module: str
    attribute: str
    help: str

    def load(self) -> click.Command:
        """Import the command."""
        module = import_module(f"{__package__}.{self.module}")
        found: click.Command = copy(getattr(module, self.attribute))
        found.help = f"{self.help}\n\n{found.help}" if found.help else self.help
        return found


class _WithExamples(click.Command):
    """What commands and groups have in common: the lines of the examples stay as they are."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        if self.epilog:
            formatter.write(f"\n{self.epilog}")


class Command(_WithExamples):
    """A command that works on an ini.

    :cvar unexpected: what it says of a word that is one too many.
    :cvar needs_ini: whether it cannot be called without one.
    """

    allow_extra_args = True  # Not by click, which repeats them.
    unexpected = UNEXPECTED
    needs_ini = True

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the words.

        :raises click.UsageError: there is one too many.
        """
        left = super().parse_args(ctx, args)
        if left and not ctx.resilient_parsing:
            raise click.UsageError(self.unexpected, ctx)
        return left

    def invoke(self, ctx: click.Context) -> int:
        """Call the function with the ini and the parameters; return the exit status.

        :raises click.UsageError: no ini was named.
        :raises StoreUnavailable: a store cannot answer; the message names the ini.
        """
        if ctx.obj is None and self.needs_ini:
            raise click.UsageError(NO_INI)
        try:
            status: int = super().invoke(ctx)
        except StoreUnavailable as unavailable:
            raise StoreUnavailable(ctx.obj.in_text(str(unavailable))) from unavailable
        return status


def command(
    details: str = "", examples: str = "", cls: type[Command] = Command
) -> Callable[[Function], Command]:
    """Make a command of a function; its parameters are those of click's decorators.

    The function is called with the :class:`~.ini.Ini` first, and returns the exit status.

    :param details: the help, after the sentence of its :class:`Named`.
    :param examples: the end of the help, printed as it is.
    :param cls: the class of the command.
    """

    def declared(function: Function) -> Command:
        found: Command = click.command(cls=cls, help=details, epilog=examples)(
            click.pass_obj(function)
        )
        return found

    return declared


class Commands(_WithExamples, click.Group):
    """A group of commands. Its help and its completion import none of them."""

    def __init__(
        self, named: Mapping[str, Named], details: str = "", examples: str = "", **settings: Any
    ) -> None:
        super().__init__(help=details, epilog=examples, **settings)
        self.named = named

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the options of the group; without a word, print its help and exit with 2."""
        if not (args or ctx.resilient_parsing):
            print_help(ctx, NO_COMMAND)
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of the help."""
        return list(self.named)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command; None if there is none."""
        return self.named[cmd_name].load() if cmd_name in self.named else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command.

        :raises click.UsageError: there is none of that name.
        """
        name = args[0]
        if name not in self.named and not name.startswith("-") and not ctx.resilient_parsing:
            raise click.UsageError(f"{self.unknown(name)}{similar(name, self.named)}", ctx)
        return super().resolve_command(ctx, args)

    def unknown(self, name: str) -> str:
        """What is said of a word that is no command."""
        return f"there is no command {name}"

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, named.help) for name, named in self.named.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The commands that begin so, or else the options."""
        return [*self._beginning(incomplete), *click.Command.shell_complete(self, ctx, incomplete)]

    def _beginning(self, incomplete: str) -> Iterator[CompletionItem]:
        from click.shell_completion import CompletionItem

        for name, named in self.named.items():
            if name.startswith(incomplete):
                yield CompletionItem(name, help=named.help)


def print_help(ctx: click.Context, missing: str | None = None) -> None:
    """Print the help as an error, and exit with 2: there was no command.

    :param missing: the last line, which says what is missing.
    :raises click.exceptions.Exit: always.
    """
    click.echo(ctx.get_help(), err=True)
    if missing is not None:
        click.echo(f"\npoauth2: {missing}", err=True)
    ctx.exit(2)


def similar(name: str, names: Mapping[str, Any]) -> str:
    """The end of a message about a wrong *name*: which of the *names* was meant, if one is near."""
    found = get_close_matches(name, names, n=1)
    return f"; did you mean {found[0]}?" if found else ""

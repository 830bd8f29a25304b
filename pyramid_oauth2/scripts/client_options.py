"""Commands with an option for each field of a client's metadata, also those of the application."""

from __future__ import annotations

from collections.abc import Iterable

import click

from ..assembly import client_fields
from ..protocol.clients.field import ClientField
from ..protocol.clients.metadata import FIELDS
from .client.metadata import Metadata, options_of
from .command import Command
from .ini import Ini, StartedIni


class MetadataCommand(Command):
    """The options of the fields follow the first parameter; the function gets ``metadata``.

    The application is started before the words are parsed, since it declares fields. It is
    started once: the command uses it, or reports why it did not start.
    """

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """The parameters of the command, and the options of the fields."""
        first, *others = super().get_params(ctx)
        return [first, *options_of(_fields(ctx)), *others]

    def invoke(self, ctx: click.Context) -> int:
        """Call the function with the metadata that was given."""
        ctx.params["metadata"] = Metadata.taken(_fields(ctx), ctx.params)
        return super().invoke(ctx)


def _fields(ctx: click.Context) -> Iterable[ClientField]:
    if ctx.obj is None:
        return FIELDS
    if not isinstance(ctx.obj, StartedIni):
        ctx.obj = _start(ctx.obj, ctx)
    return FIELDS if ctx.obj.started is None else client_fields(ctx.obj.started).values()


def _start(ini: Ini, ctx: click.Context) -> StartedIni:
    # Where the shell completes a word, also an application that exits has the standard fields.
    stops = (Exception, SystemExit) if ctx.resilient_parsing else Exception
    try:
        # Not this context: it is not left if the words are wrong.
        registry = ctx.find_root().with_resource(ini.registry())
    except stops as error:
        # Not reported yet: a mistake in the words, or their --help, precedes it.
        return StartedIni(ini.path, ini.variables, error=error)
    return StartedIni(ini.path, ini.variables, started=registry)

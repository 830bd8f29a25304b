"""The options that the application behind the ini adds to ``client add`` and ``client edit``."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace

from ..assembly import client_fields
from ..protocol.clients.field import ClientField
from ..protocol.clients.metadata import FIELDS
from .ini import Ini, StartedIni

COMMANDS = (["client", "add"], ["client", "edit"])


@contextmanager
def with_client_fields(
    ini: Ini | None, words: Sequence[str]
) -> Iterator[tuple[Ini | None, Collection[ClientField]]]:
    """Start the application before the words are parsed, if it may have options for them.

    It is started once: the command uses it, or reports why it did not start.

    :return: the ini for the command, and the fields of a client's metadata.
    """
    with ExitStack() as stack:
        if ini is None or list(words[:2]) not in COMMANDS:
            yield ini, FIELDS
            return
        started = StartedIni(ini.path, ini.variables)
        fields: Collection[ClientField] = FIELDS
        try:
            registry = stack.enter_context(ini.registry())
        except Exception as error:
            # Not reported yet: a mistake in the words, or their --help, precedes it.
            started = replace(started, error=error)
        else:
            started = replace(started, started=registry)
            fields = client_fields(registry).values()
        yield started, fields

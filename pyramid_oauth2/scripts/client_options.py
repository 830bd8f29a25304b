"""The options that the application behind the ini adds to ``client add`` and ``client edit``."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager

from pyramid.registry import Registry

from ..assembly import client_fields
from ..protocol.clients.field import ClientField
from ..protocol.clients.metadata import FIELDS
from .ini import Ini, StartedIni

COMMANDS = (["client", "add"], ["client", "edit"])

log = logging.getLogger(__name__)


@contextmanager
def with_client_fields(
    ini: Ini | None, words: Sequence[str]
) -> Iterator[tuple[Ini | None, Collection[ClientField]]]:
    """Start the application before the words are parsed, if it may have options for them.

    :return: the ini for the command, which does not start the application again, and the
        fields of a client's metadata.
    """
    with ExitStack() as stack:
        registry = None
        if ini is not None and list(words[:2]) in COMMANDS:
            registry = _started(ini, stack)
        if ini is None or registry is None:
            yield ini, FIELDS
        else:
            started = StartedIni(ini.path, ini.variables, registry)
            yield started, tuple(client_fields(registry).values())


def _started(ini: Ini, stack: ExitStack) -> Registry | None:
    try:
        return stack.enter_context(ini.registry())
    except Exception:
        # The command starts it again, and reports the error.
        log.debug("The application does not start", exc_info=True)
        return None

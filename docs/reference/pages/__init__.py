"""The pages of the reference, generated from the code by ``make reference``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from . import (
    client_fields,
    command_line,
    directives,
    events,
    interfaces,
    plug_ins,
    python,
    records,
    routes,
    settings,
)

FOLDER = Path(__file__).parents[1]

PAGES: dict[str, Callable[[], str]] = {
    "client-fields.md": client_fields.page,
    "command-line.md": command_line.page,
    "directives.md": directives.page,
    "events.md": events.page,
    "interfaces.md": interfaces.page,
    "plug-ins.md": plug_ins.page,
    "python.md": python.page,
    "records.md": records.page,
    "routes.md": routes.page,
    "settings.md": settings.page,
}

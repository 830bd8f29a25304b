"""The pages of the reference, made from the code: ``make reference`` writes them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from . import command_line, directives, events, interfaces, python, records, routes, settings

FOLDER = Path(__file__).parents[1]

PAGES: dict[str, Callable[[], str]] = {
    "command-line.md": command_line.page,
    "directives.md": directives.page,
    "events.md": events.page,
    "interfaces.md": interfaces.page,
    "python.md": python.page,
    "records.md": records.page,
    "routes.md": routes.page,
    "settings.md": settings.page,
}

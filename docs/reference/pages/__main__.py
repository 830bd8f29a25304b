"""``make reference``: write every page."""

from __future__ import annotations

from . import FOLDER, PAGES

for name, page in PAGES.items():
    (FOLDER / name).write_text(page())

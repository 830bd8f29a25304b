"""``make reference``: write every page."""

from __future__ import annotations

import logging

from . import FOLDER, PAGES

# One page asks each route with every method, and the errors are logged.
logging.disable()

for name, page in PAGES.items():
    (FOLDER / name).write_text(page())

"""A parser of arguments that repeats no token: terminals are recorded, and errors copied."""

from __future__ import annotations

import argparse
import re
from typing import NoReturn

from ..protocol.opaque import CLIENT_SECRET_PREFIX, PREFIXES

OURS = re.compile(rf"\b({'|'.join((*PREFIXES.values(), CLIENT_SECRET_PREFIX))})_[0-9A-Za-z]+")


class Parser(argparse.ArgumentParser):
    """An ``ArgumentParser`` whose errors have no token or secret of ours in them."""

    def error(self, message: str) -> NoReturn:
        """Print the usage and *message*, and exit with 2."""
        super().error(OURS.sub(r"\1_...", message))

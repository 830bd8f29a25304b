"""A line of a log, as ``name=value`` pairs: no value can break it or add a pair to it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

# Printable ASCII except the space, the quotation mark, "=" and the backslash.
PLAIN = re.compile(r"[!#-<>-\[\]-~]+")


def format_members(members: Mapping[str, Any]) -> str:
    """``name=value`` pairs; a value that is not one plain word is quoted as in JSON."""
    return " ".join(f"{name}={_quoted(value)}" for name, value in members.items())


def _quoted(value: str | int) -> str:
    return value if isinstance(value, str) and PLAIN.fullmatch(value) else json.dumps(value)

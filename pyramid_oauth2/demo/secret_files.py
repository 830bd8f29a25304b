"""Secrets in files that only their owner can read, drawn at the first start."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path


def read_or_draw(file: Path, draw: Callable[[], str]) -> str:
    """What is in a file of mode 0600, made with what *draw* returns if there is none."""
    if not file.exists():
        _write_once(file, draw())
    return file.read_text().strip()


def _write_once(file: Path, secret: str) -> None:
    # mkstemp makes it 0600 from the beginning. A link, which fails where there
    # is one, so that of two processes that start together one wins.
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=file.name)
    with os.fdopen(handle, "w") as draft:
        draft.write(secret + "\n")
    try:
        os.link(name, file)
    except FileExistsError:
        pass
    finally:
        Path(name).unlink()

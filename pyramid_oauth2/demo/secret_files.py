"""Secrets in files that only their owner can read, generated at the first start."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path


def read_or_draw(file: Path, draw: Callable[[], str]) -> str:
    """Return the contents of a file of mode 0600, created from *draw* if it does not exist."""
    if not file.exists():
        _write_once(file, draw())
    return file.read_text().strip()


def _write_once(file: Path, secret: str) -> None:
    # mkstemp creates it with mode 0600. Then it is linked, which fails if the
    # target exists: of two processes that start together, one wins.
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=file.name)
    with os.fdopen(handle, "w") as draft:
        draft.write(secret + "\n")
    try:
        os.link(name, file)
    except FileExistsError:
        pass
    finally:
        Path(name).unlink()

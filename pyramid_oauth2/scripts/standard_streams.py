"""The standard streams of a command."""

from __future__ import annotations

import io
import os
import sys
from contextlib import suppress

# In the order of their descriptors.
MODES = {"stdin": "r", "stdout": "w", "stderr": "w"}
# By stream: what is done with what its encoding does not have.
ERRORS = {
    "stdin": "surrogateescape",  # The rule for the value refuses it.
    "stdout": "backslashreplace",
    "stderr": "backslashreplace",
}


def prepare() -> None:
    """Let a stream that the caller has closed be empty, and no character be an error.

    A file that is opened later, such as a database, gets none of their descriptors.
    """
    for name, mode in MODES.items():
        if getattr(sys, name) is None:
            # The lowest descriptor that is free.
            descriptor = os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, open(descriptor, mode, closefd=False))  # noqa: SIM115
        stream = getattr(sys, name)
        # A program that calls this one may have another kind of stream there, or have read from it.
        with suppress(AttributeError, io.UnsupportedOperation):
            stream.reconfigure(errors=ERRORS[name])

"""A client of the Model Context Protocol, as a process that a test talks to."""

from __future__ import annotations

import contextlib
import json
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.serving import environment

ERRORS = "errors"


@dataclass(frozen=True)
class Agent:
    """A process that reads lines, and prints lines of JSON.

    :ivar errors: the file with what else it prints.
    """

    process: subprocess.Popen[str]
    errors: Path

    def says(self) -> dict[str, Any]:
        """Its next line.

        :raises AssertionError: it ended.
        """
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.errors.read_text()
        said: dict[str, Any] = json.loads(line)
        return said

    def is_given(self, line: str) -> None:
        """Write a line to it."""
        assert self.process.stdin is not None
        print(line, file=self.process.stdin, flush=True)


@contextlib.contextmanager
def agent(
    command: list[str], folder: Path, variables: Mapping[str, str] | None = None
) -> Iterator[Agent]:
    """Run a client until the block ends.

    :param folder: its working directory.
    """
    errors = folder / ERRORS
    with (
        errors.open("w") as file,
        subprocess.Popen(
            command,
            cwd=folder,
            env=environment(**(variables or {})),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=file,
            text=True,
        ) as process,
    ):
        try:
            yield Agent(process, errors)
        finally:
            process.kill()

"""A page of the docs, parsed for its examples, so that a test can follow them."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from configparser import RawConfigParser
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from tests import programs
from tests.serving import environment, running

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE_NAME = re.compile(r"^(?:#|//|/\*|\{#|<!--|;) ([\w./-]+\.\w+)\b")
# Not an example: a diagram of characters, or a sample of text.
UNTRIED = frozenset({"text"})
EXPORT = re.compile(r"^export (\w+)=(\S+)$", re.MULTILINE)
SHELL = ("bash", "-euo", "pipefail", "-c")


@dataclass(frozen=True)
class Block:
    """The text between two fences."""

    language: str
    code: str
    line: int

    @property
    def file_name(self) -> str | None:
        """The file name in the comment at the beginning of a whole file."""
        found = FILE_NAME.match(self.code)
        return found[1] if found else None


def write_activate(folder: Path) -> None:
    """Create an empty ``.venv/bin/activate``: the environment is active already."""
    activate = folder / ".venv" / "bin" / "activate"
    activate.parent.mkdir(parents=True)
    activate.touch()


def blocks_of(text: str) -> list[Block]:
    """The examples of a page, in their order."""
    return [
        Block(found[1], found[2], text.count("\n", 0, found.start()) + 1)
        for found in FENCE.finditer(text)
    ]


class Page:
    """The examples of one page, and a folder in which to follow them.

    :param name: the path in the repository, such as ``docs/how-to/native-app.md``.
    :param folder: where files are written and commands are run.
    :param replacing: texts that are replaced here, such as the port.
    """

    def __init__(self, name: str, folder: Path, replacing: Mapping[str, str] = {}) -> None:
        text = (ROOT / name).read_text()
        for old, new in replacing.items():
            assert old in text, f"{name} has no {old}"
            text = text.replace(old, new)
        self.name, self.folder, self.text = name, folder, text
        self.blocks = blocks_of(text)
        self._used: set[Block] = set()
        self._exported: dict[str, str] = {}

    def write_files(self) -> dict[str, str]:
        """Write the blocks that begin with the name of a file; return them by that name.

        A name that occurs again is the same file, shown in parts.
        """
        files: dict[str, str] = {}
        for block in self.blocks:
            if block.file_name is not None:
                files[block.file_name] = files.get(block.file_name, "") + block.code
                self._used.add(block)
        for name, code in files.items():
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_text(code)
        return files

    def block(self, word: str, language: str | None = None) -> str:
        """The one block that contains *word*.

        :raises AssertionError: there is none, or there are several.
        """
        found = [
            block
            for block in self.blocks
            if word in block.code and language in (None, block.language)
        ]
        assert len(found) == 1, f"{self.name} has {len(found)} blocks with {word!r}"
        self._used.add(found[0])
        return found[0].code

    def settings(self, word: str) -> dict[str, str]:
        """The keys of the ini block that contains *word*, with their values."""
        ini = RawConfigParser()
        ini.optionxform = str  # type: ignore[assignment, method-assign]
        code = self.block(word, "ini")
        ini.read_string(code if "[app:main]" in code else f"[app:main]\n{code}")
        return dict(ini["app:main"])

    def run(self, word: str, **variables: str) -> str:
        """Run the shell block that contains *word*, in the page's folder.

        It has the variables that earlier blocks exported, as in one terminal.

        :param variables: of the shell's environment.
        :return: its output.
        :raises AssertionError: a command failed.
        """
        return self.shell(self.block(word, "sh"), **variables)

    def shell(self, script: str, **variables: str) -> str:
        """Run a script in the page's folder, such as a block with other values; as :meth:`run`."""
        done = self._shell(script, variables)
        assert done.returncode == 0, f"{script}\n{done.stdout}{done.stderr}"
        return done.stdout

    def fails(self, word: str, **variables: str) -> str:
        """Run the shell block that contains *word*, and expect it to fail; return its output.

        :raises AssertionError: it succeeded.
        """
        script = self.block(word, "sh")
        done = self._shell(script, variables)
        assert done.returncode != 0, f"{script}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def serving(self, word: str, *ports: int) -> AbstractContextManager[Path]:
        """Run the servers of the shell block that contains *word*, as :func:`running` does.

        It is another terminal, without the variables that other blocks exported.

        :param ports: the ports to wait for.
        """
        programs.need("bash")
        command = [*SHELL, self.block(word, "sh")]
        return running(command, self.folder / f"{word}.log", *ports)

    def _shell(self, script: str, variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        programs.need_all_of(f"bash {script}")
        self._exported |= dict(EXPORT.findall(script))
        return subprocess.run(
            [*SHELL, script],
            cwd=self.folder,
            env=environment(**{**self._exported, **variables}),
            capture_output=True,
            text=True,
            timeout=120,
        )

    def unused(self) -> list[str]:
        """The examples that no test used: where they are."""
        return [
            f"{self.name}:{block.line} ({block.language})"
            for block in self.blocks
            if block.language not in UNTRIED and block not in self._used
        ]

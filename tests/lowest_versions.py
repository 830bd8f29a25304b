"""The lowest version of everything that an application installs with this package, for pip.

``python tests/lowest_versions.py`` prints requirements: the packages and extras of pyproject.toml
in the lowest version that it allows, and the tools of the tests as constraints.txt pins them.
``make lowest`` runs the tests on them, since a range that no test runs is a guess.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
REQUIREMENT = re.compile(r"(?P<name>[\w.-]+)(?P<extra>\[[\w,.-]+\])?(?:>=(?P<lowest>[\w.]+))?.*")
# What an application may use. The others are tools of this project.
EXTRAS = ("argon2", "cli", "demo", "introspection", "metrics", "mysql", "postgresql")
# Of the tools, those that demand a newer version of a package than is tried here.
DEMANDING = frozenset({"pyramid-oauth2-server", "jwcrypto", "playwright"})


def lowest() -> Iterator[str]:
    """The requirements, one a line of a file for pip."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    ours = {**_of(project["dependencies"])}
    for extra in EXTRAS:
        ours |= _of(extras[extra])
    pins = _of((ROOT / "constraints.txt").read_text().replace("==", ">=").splitlines())
    yield from (f"{name}{extra}=={least}" for name, (extra, least) in ours.items() if least)
    for name, (extra, _) in _of(extras["test"]).items():
        if name not in ours and name not in DEMANDING:
            yield f"{name}{extra}=={pins[name][1]}"


def _of(requirements: Iterable[str]) -> dict[str, tuple[str, str]]:
    found = {}
    for text in requirements:
        match = REQUIREMENT.fullmatch(text)
        if match and not text.startswith("#"):
            name = match["name"].lower().replace("_", "-")
            found[name] = (match["extra"] or "", match["lowest"] or "")
    return found


if __name__ == "__main__":
    print("\n".join(lowest()))

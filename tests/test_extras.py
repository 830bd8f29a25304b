"""The extras of the package: each is used, and a message that advises one names its package."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
SOURCE = "\n".join(path.read_text() for path in (ROOT / "pyramid_oauth2").rglob("*.py"))
# Tools, and what runs the demo and the examples: no code of the package needs them.
BESIDE = {"clients", "demo", "docs", "examples", "lint", "mcp", "test"}
OFFERED = {
    name: [re.split(r"[\[><=]", each)[0] for each in packages]
    for name, packages in PROJECT["optional-dependencies"].items()
    if name not in BESIDE
}
MODULES = {"argon2-cffi": "argon2", "prometheus-client": "prometheus_client"}
ADVISED = set(re.findall(r"pip install ([\w'\[\]-]+)", SOURCE))


@pytest.mark.parametrize("extra", OFFERED)
def test_an_extra_is_used(extra: str):
    for package in OFFERED[extra]:
        assert re.search(rf"\b{MODULES.get(package, package.lower())}\b", SOURCE)


@pytest.mark.parametrize("package", sorted(ADVISED))
def test_a_message_names_a_package_that_an_index_has(package: str):
    """This package itself is installed from a checkout, whose path no message knows."""
    assert package in {each for packages in OFFERED.values() for each in packages}


def test_the_messages_are_found():
    assert len(ADVISED) == 3

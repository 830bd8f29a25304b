"""The pictures of the page about the architecture show the folders that there are."""

from __future__ import annotations

import re

import pytest

from tests.checkout import ROOT

PACKAGE = ROOT / "pyramid_oauth2"
# What a layer above these puts together, or only a program uses, or is data.
BESIDE = {
    *("debugtoolbar", "demo", "directives", "known_clients", "locale", "migrations"),
    *("monitoring", "simulation", "static", "templates", "testing"),
}


def names(picture: str) -> set[str]:
    svg = (ROOT / "docs/pictures" / picture).read_text()
    return set(re.findall(r"\b[\w/]+(?:/|\.py)(?=[<\s,:;])", svg))


@pytest.mark.parametrize("picture", ["layers.svg", "token-request.svg"])
def test_what_they_name_is_there(picture: str):
    shown = {name for name in names(picture) if not (PACKAGE / name).exists()}
    # A module may be named without its folder.
    assert [name for name in shown if not list(PACKAGE.rglob(name))] == []


def test_each_layer_is_shown():
    folders = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()}
    assert folders - BESIDE == {name.rstrip("/") for name in names("layers.svg") if "/" in name} - {
        "protection/request.py"
    }

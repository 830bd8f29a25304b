"""The table of errors is closed, and its texts can be sent (RFC 6749 section 5.2)."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import pyramid_oauth2
from pyramid_oauth2.protocol import errors
from pyramid_oauth2.protocol.errors import OAuth2Error

DESCRIPTION = re.compile(r"[\x20\x21\x23-\x5b\x5d-\x7e]+")
PACKAGE = Path(pyramid_oauth2.__file__).parent
TABLE = [
    value
    for value in vars(errors).values()
    if isinstance(value, type) and issubclass(value, OAuth2Error) and value is not OAuth2Error
]
NAMES = {error.__name__ for error in TABLE}


def test_codes_are_unique():
    codes = [error.code for error in TABLE]
    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize("error", TABLE, ids=lambda error: error.code)
def test_every_entry_says_its_status_and_its_source(error):
    assert 400 <= error.status < 600
    assert re.search(r"\((RFC [0-9]{4}|OpenID Connect Core) section [0-9]", error.__doc__)
    assert re.fullmatch("[a-z_]+", error.code)


def test_the_table_is_closed():
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef) and path.name != "errors.py":
                bases = {base.id for base in node.bases if isinstance(base, ast.Name)}
                assert not bases & (NAMES | {"OAuth2Error"}), f"{path}: {node.name}"


def literals(call: ast.Call):
    """The constant text of a call's first argument."""
    for node in ast.walk(call.args[0]):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_descriptions_can_be_sent():
    texts = [
        (f"{path.name}:{node.lineno}", text)
        for path in sorted(PACKAGE.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in NAMES
        for text in literals(node)
    ]
    assert len(texts) > 50
    assert [(place, text) for place, text in texts if not DESCRIPTION.fullmatch(text)] == []


def test_a_status_more_exact_than_the_codes_own():
    assert errors.InvalidRequest("x", status=413).status == 413
    assert errors.InvalidRequest("x").status == 400


def test_the_exception_says_what_the_client_is_told():
    error = errors.TemporarilyUnavailable("Later.", retry_after=5)
    assert (str(error), error.description, error.retry_after) == ("Later.", "Later.", 5)

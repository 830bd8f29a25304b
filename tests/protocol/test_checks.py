"""Every refusal of the package says which check it is: the table of checks, read from the code."""

from __future__ import annotations

import ast
import dataclasses
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pyramid_oauth2
from pyramid_oauth2.extensions.client_id_metadata.settings import ClientIDMetadataSettings
from pyramid_oauth2.extensions.client_registration.settings import RegistrationSettings
from pyramid_oauth2.extensions.private_key_jwt.client_fields import LEGACY_ASSERTION_AUDIENCE
from pyramid_oauth2.protocol import errors
from pyramid_oauth2.protocol.clients.resources import FIELDS as RESOURCE_FIELDS
from pyramid_oauth2.protocol.errors import OAuth2Error
from pyramid_oauth2.protocol.records import Client
from pyramid_oauth2.settings import setting_fields
from pyramid_oauth2.settings.feature import fields_below

PACKAGE = Path(pyramid_oauth2.__file__).parent
ERRORS = {
    name
    for name, value in vars(errors).items()
    if isinstance(value, type) and issubclass(value, OAuth2Error)
} | {"NotValid", "UnusableInteraction"}
SOURCE = re.compile(
    r"RFC [0-9]{4} (section [0-9]+(\.[0-9]+)*|appendix [A-Z])"
    r"|OpenID Connect Core section [0-9]+(\.[0-9]+)*"
)
RECORDS = {
    *("client", "code", "consent", "grant", "grant_type"),
    *("interaction", "jwt", "key_set", "record", "request", "reservation", "signing_key"),
    *("session", "token", "user", "view"),
}


# Also those of features that refuse by one.
SETTINGS = {
    *setting_fields(),
    *fields_below("registration", RegistrationSettings),
    *fields_below("client_id_metadata", ClientIDMetadataSettings),
}


def called(call: ast.Call) -> str:
    """The name of what is called, also as an attribute of its module."""
    name = getattr(call.func, "id", None) or getattr(call.func, "attr", "")
    return str(name)


def calls(names: set[str]) -> Iterator[tuple[str, ast.Call]]:
    """Every call of one of these names in the package, and where it is."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and called(node) in names:
                yield f"{path.relative_to(PACKAGE)}:{node.lineno}", node


def without_refusal(found: Iterator[tuple[str, ast.Call]]) -> list[str]:
    return [
        place
        for place, call in found
        if not any(keyword.arg == "refusal" for keyword in call.keywords)
    ]


def test_every_error_is_made_with_a_refusal():
    """Raised, returned or passed on: none leaves it out."""
    assert without_refusal(calls(ERRORS)) == []


def test_an_error_without_one_is_found():
    tree = ast.parse('raise InvalidGrant("No.", status=400)')
    (call,) = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    assert without_refusal(iter([("here", call)])) == ["here"]


@cache
def checks() -> list[tuple[str, ast.Call]]:
    """Each refusal of the package, and where it is."""
    # The base class makes one of an error's own code.
    return [found for found in calls({"Refusal"}) if not found[0].startswith("protocol/errors.py")]


def literal(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) else None


def test_there_are_checks():
    assert len(checks()) > 50


def test_a_check_is_fixed_and_never_made_from_data():
    for place, call in checks():
        check, source = call.args
        assert re.fullmatch(r"[a-z][a-z0-9_]{2,49}", literal(check) or ""), place
        own = isinstance(source, ast.Name) and source.id == "OWN_RULE"
        assert own or SOURCE.fullmatch(literal(source) or ""), place


def test_what_decides_exists():
    added = (*RESOURCE_FIELDS, LEGACY_ASSERTION_AUDIENCE)
    fields = {each.name for each in (*dataclasses.fields(Client), *added)}
    for place, call in checks():
        named = {keyword.arg: keyword.value for keyword in call.keywords}
        assert named.keys() <= {"decided_by"}, place
        if not named:
            continue
        decided_by = literal(named["decided_by"]) or ""
        record, _, field = decided_by.partition(".")
        if record == "oauth2":
            assert field in SETTINGS, place
        else:
            assert record in RECORDS, place
            assert not field or (record == "client" and field in fields), place


def test_no_two_checks_have_one_name():
    names = [literal(call.args[0]) for _, call in checks()]
    assert sorted(names) == sorted(set(names))

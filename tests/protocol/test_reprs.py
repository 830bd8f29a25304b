"""No representation of anything shows a credential."""

from __future__ import annotations

import dataclasses
import importlib
import os
import pkgutil
import typing
from collections.abc import Mapping
from typing import Any

import pytest

import pyramid_oauth2.protocol
from pyramid_oauth2.protocol.errors import InvalidToken
from pyramid_oauth2.protocol.records import TokenRef
from pyramid_oauth2.protocol.token_strings import new_token

MARK = "s3cr3t"

# Every field of a dataclass of the protocol that may hold a credential, a digest of
# one, or text that a user typed.
SECRET_FIELDS = {
    "access_token",
    "body",
    "data",
    "digest",
    "headers",
    "key",
    "parameters",
    "parent",
    "query",
    "question",
    "sealed_answer",
    "secret",
}


def dataclasses_of_the_protocol() -> list[type]:
    found: set[type] = set()
    package = pyramid_oauth2.protocol
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, type) and dataclasses.is_dataclass(value):
                found.add(value)
    return sorted(found, key=lambda kind: kind.__name__)


CLASSES = dataclasses_of_the_protocol()


def marked(kind: Any) -> Any:
    """A value for a field of that type, with the mark wherever possible."""
    if kind in (int, bool):  # a lifetime, or a statement, that is named after its token
        return 0
    if typing.get_origin(kind) is frozenset:  # the names of parameters
        return frozenset()
    if kind is bytes or kind == bytes | None:
        return MARK.encode()
    origin = typing.get_origin(kind)
    if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
        return {MARK: MARK}
    return MARK


# Names of annotations that are only imported for the type checker.
UNSEEN = dict.fromkeys(
    [
        "Client",
        "IAccessTokenFormat",
        "IAuthorizationRequestExtension",
        "IAuthorizationRequestSource",
        "IClientAuthentication",
        "IClientPolicy",
        "IClientResolver",
        "IClientStore",
        "IConsentStore",
        "IEndpoint",
        "IEntryStore",
        "IGrantStore",
        "IGrantType",
        "IResponseType",
        "IScope",
        "ISenderConstraint",
        "IServer",
        "IServerMetadata",
        "ISessions",
        "ISigner",
        "ISubjects",
        "ITokenResponseExtension",
        "Emit",
        "Throttle",
    ],
    Any,
)


def specimen(kind: type) -> Any:
    hints = typing.get_type_hints(kind, None, UNSEEN)
    values = {
        field.name: marked(hints[field.name]) if field.name in SECRET_FIELDS else None
        for field in dataclasses.fields(kind)
    }
    # Created without its checks: only the representation matters.
    value = object.__new__(kind)
    for name, content in values.items():
        object.__setattr__(value, name, content)
    return value


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_no_dataclass_shows_its_secrets(kind: type):
    value = specimen(kind)
    assert MARK not in repr(value)
    assert MARK not in str(value)


def test_there_are_secrets_to_hide():
    """Proves that the test above can fail: most of these classes have such fields."""
    having = {
        kind.__name__
        for kind in CLASSES
        if SECRET_FIELDS & {field.name for field in dataclasses.fields(kind)}
    }
    assert {
        "ClientSecret",
        "Token",
        "Grant",
        "HTTPRequest",
        "Credentials",
        "IssuedTokens",
    } <= having


def test_a_field_that_is_shown_would_be_noticed():
    @dataclasses.dataclass
    class Careless:
        secret: str

    assert MARK in repr(specimen(Careless))


def test_a_token_string_is_not_shown():
    token = new_token("access_token", "f" * 16, os.urandom)
    for text in (repr(token), str(token), f"{token}", repr([token])):
        assert token.value not in text
        assert repr(token.ref.digest) not in text


def test_a_reference_shows_no_digest():
    ref = TokenRef("access_token", "f" * 16, MARK.encode())
    assert MARK not in repr(ref) + str(ref) + f"{ref}"


def test_an_exception_shows_what_it_was_told_only():
    assert repr(InvalidToken("Expired.")) == "InvalidToken('Expired.')"

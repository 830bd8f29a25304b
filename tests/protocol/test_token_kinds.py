"""The table of token kinds: ours, and those that are added."""

from __future__ import annotations

import os
import re

import pytest

from pyramid_oauth2.backends.contract.factories import HOUR, MINUTE, NOW, new_answer, new_token
from pyramid_oauth2.protocol import records
from pyramid_oauth2.protocol.records import AUTHORIZATION_CODE, REFRESH_TOKEN, kept_until
from pyramid_oauth2.protocol.token_kinds import (
    TokenKind,
    is_remembered,
    kind_named,
    kind_of_prefix,
    register,
    registered_kinds,
)
from pyramid_oauth2.protocol.token_strings import (
    has_our_prefix,
    is_client_secret,
    is_token_of_any_kind,
    new_family,
    our_prefixes,
    parse_token,
)
from pyramid_oauth2.protocol.token_strings import (
    new_token as new_token_string,
)

BADGE = TokenKind("test_badge", "obdg", remembered=True)


def test_ours():
    assert registered_kinds()[:4] == (
        TokenKind("access_token", "oat"),
        TokenKind("refresh_token", "ort"),
        TokenKind("authorization_code", "oac", remembered=True),
        TokenKind("interaction", "oin"),
    )
    for kind in registered_kinds()[:4]:
        assert kind_named(kind.name) is kind_of_prefix(kind.prefix) is kind
        assert our_prefixes()[kind.prefix] == kind.name
        assert getattr(records, kind.name.upper()) == kind.name


def test_one_that_is_added():
    register(BADGE)
    kinds = registered_kinds()
    register(TokenKind("test_badge", "obdg", remembered=True))
    assert registered_kinds() == kinds
    assert BADGE in kinds
    made = new_token_string("test_badge", new_family(os.urandom), os.urandom)
    assert made.value.startswith("obdg_")
    assert parse_token(made.value) == made.ref
    assert made.ref.kind == "test_badge"
    assert has_our_prefix(made.value)
    assert not is_client_secret(made.value)
    assert is_token_of_any_kind(made.value)
    assert is_token_of_any_kind("x" + made.value) is False
    assert parse_token("x" + made.value) is None
    assert is_remembered("test_badge")


def test_one_that_is_not():
    kinds = registered_kinds()
    with pytest.raises(ValueError, match=r"'test_nothing'.*config\.add_oauth2_token_kind"):
        new_token_string("test_nothing", new_family(os.urandom), os.urandom)
    assert kind_of_prefix("onothing") is None
    assert parse_token("onothing_" + "0" * 65) is None
    assert not has_our_prefix("onothing_" + "0" * 65)
    assert not is_remembered("test_nothing")
    assert registered_kinds() == kinds


@pytest.mark.parametrize(
    ("name", "prefix", "remembered"),
    [
        ("test_badge", "other", True),
        ("test_badge", "obdg", False),
        ("test_other", "obdg", True),
        ("test_badge", "oat", True),
    ],
)
def test_a_contradiction_changes_nothing_and_names_both(name, prefix, remembered):
    register(BADGE)
    kinds = registered_kinds()
    with pytest.raises(ValueError, match="contradicts") as raised:
        register(TokenKind(name, prefix, remembered))
    assert f"{name!r} (prefix {prefix!r}" in str(raised.value)
    assert str(raised.value).endswith("the token kind 'test_badge' (prefix 'obdg', remembered).")
    assert registered_kinds() == kinds
    assert kind_of_prefix("obdg") == BADGE
    assert kind_of_prefix("other") is None
    assert kind_of_prefix("oat") == kind_named("access_token")


@pytest.mark.parametrize(
    "name", ["", "Badge", "a-b", "a:b", "a b", "1a", "_a", "é", "a\n", "a" * 65]
)
def test_a_name_needs_no_quoting_and_fits_a_column(name):
    with pytest.raises(ValueError, match=re.escape(repr(name))):
        TokenKind(name, "obdg")


@pytest.mark.parametrize(
    "prefix", ["", "a", "o_a", "OAT", "o-a", "1a", "é", "oa\n", "a" * 17, "ocs"]
)
def test_a_prefix_ends_at_the_underscore_and_is_not_that_of_client_secrets(prefix):
    with pytest.raises(ValueError, match=re.escape(repr(prefix))):
        TokenKind("test_other", prefix)


def test_the_longest():
    TokenKind("a" * 64, "a" * 16)


@pytest.mark.parametrize(
    ("kind", "spent", "answer_end", "grant_end", "end"),
    [
        (REFRESH_TOKEN, True, None, NOW + HOUR, NOW + MINUTE),
        (REFRESH_TOKEN, True, NOW + 90, NOW + HOUR, NOW + 90),
        (REFRESH_TOKEN, True, NOW + 30, NOW + HOUR, NOW + MINUTE),
        (AUTHORIZATION_CODE, False, None, NOW + HOUR, NOW + MINUTE),
        (AUTHORIZATION_CODE, True, None, NOW + HOUR, NOW + HOUR),
        (AUTHORIZATION_CODE, True, None, None, NOW + MINUTE),
        (AUTHORIZATION_CODE, True, NOW + 90, NOW + HOUR, NOW + HOUR),
        (AUTHORIZATION_CODE, True, NOW + 90, NOW + MINUTE, NOW + 90),
        ("test_badge", True, None, NOW + HOUR, NOW + HOUR),
        ("test_nothing", True, None, NOW + HOUR, NOW + MINUTE),
        ("test_nothing", True, NOW + 90, NOW + HOUR, NOW + 90),
    ],
)
def test_how_long_a_record_is_kept(kind, spent, answer_end, grant_end, end):
    register(BADGE)
    token = new_token(
        kind,
        expires_at=NOW + MINUTE,
        consumed_at=NOW if spent else None,
        sealed_answer=None if answer_end is None else new_answer(expires_at=answer_end),
    )
    assert kept_until(token, grant_end) == end

"""Claims in the languages that a client wants (OpenID Connect Core section 5.2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from pyramid_oauth2.openid.claims import claims_about
from tests.protocol.worlds import make_server

NAMES = {"name": "Hanako", "name#ja-Kana-JP": "kana", "name#ja-Hani-JP": "hani", "name#de": "Anna"}


def about(locales: Sequence[str], *names: str, **said: Any) -> dict[str, Any]:
    server = make_server(claims=lambda subject, asked: said or NAMES)
    return claims_about(server, "bob", names or ("name",), locales)


@pytest.mark.parametrize(
    ("locales", "name"),
    [
        (["de"], "Anna"),
        (["de-ch-1996"], "Anna"),
        (["ja-hani-jp"], "hani"),
        (["ja"], "kana"),
        (["fr", "ja-hani-jp", "de"], "hani"),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, list) else value,
)
def test_the_best_has_no_tag(locales: list[str], name: str):
    """RFC 4647 section 3.4, in the order of the client."""
    assert about(locales) == {"name": name}


@pytest.mark.parametrize("locales", [(), ["fr"], ["d"]], ids="+".join)
def test_one_that_is_not_there_changes_nothing(locales: Sequence[str]):
    assert about(locales) == NAMES


def test_each_claim_by_itself():
    said = {"name": "Bob", "name#de": "Robert", "nickname": "b", "nickname#fr": "bob"}
    wanted = {"name": "Robert", "nickname": "b", "nickname#fr": "bob"}
    assert about(["de"], "name", "nickname", **said) == wanted


def test_what_is_asked_for_by_its_tag_keeps_it():
    """Core section 5.2: the parameter ``claims`` names the language itself."""
    assert about(["de"], "name#ja-Kana-JP", "name") == {"name": "Anna", "name#ja-Kana-JP": "kana"}
    assert about(["ja"], "name#ja-Kana-JP") == {"name#ja-Kana-JP": "kana"}

"""What goes out about a user, of what an application says (OpenID Connect Core section 5)."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from typing import Any

import pytest

from pyramid_oauth2.openid.claims import claims_about
from pyramid_oauth2.openid.standard_claims import PROTOCOL, SCOPES, STANDARD, TEXTS, names_of
from tests.protocol.worlds import make_server


def about(said: Mapping[Any, Any], *names: str) -> dict[str, Any]:
    server = make_server(claims=lambda subject, names: said)
    return claims_about(server, "bob", names or STANDARD)


class TestNames:
    def test_of_scopes(self):
        """Core section 5.4."""
        assert names_of({"openid", "email", "read"}) == {"email", "email_verified"}
        assert len(SCOPES["profile"]) == 14
        assert names_of({"openid"}) == frozenset()

    def test_the_application_is_asked_for_these_alone(self):
        asked: list[Collection[str]] = []
        server = make_server(claims=lambda subject, names: asked.append(names) or {})
        claims_about(server, "bob", {"email", "sub", "iss"})
        assert asked == [frozenset({"email"})]

    @pytest.mark.parametrize("names", [(), ("sub",)])
    def test_for_none_it_is_not_asked(self, names: tuple[str, ...]):
        def claims(subject: str, names: Collection[str]) -> Mapping[str, Any]:
            raise AssertionError(names)

        assert claims_about(make_server(claims=claims), "bob", names) == {}

    def test_what_was_not_asked_for_is_not_sent(self):
        assert about({"email": "b@example.org", "name": "Bob"}, "name") == {"name": "Bob"}

    @pytest.mark.parametrize("name", sorted(PROTOCOL))
    def test_no_application_says_what_the_server_says(self, name: str):
        assert about({name: "other"}, name) == {}

    def test_other_languages(self):
        """Core section 5.2."""
        said = {"family_name": "Bond", "family_name#ja-Kana-JP": "\u30dc\u30f3\u30c9"}
        assert about(said, "family_name") == said

    def test_a_name_that_is_no_text(self):
        assert about({1: "x", None: "y", "name": "Bob"}, "name") == {"name": "Bob"}


class TestValues:
    @pytest.mark.parametrize("value", [None, "", {}, []])
    def test_what_is_empty_is_left_out(self, value: Any):
        """Core section 5.3.2: never null."""
        assert about(dict.fromkeys(STANDARD, value)) == {}

    def test_false_and_zero_are_values(self):
        said = {"email_verified": False, "updated_at": 0}
        assert about(said) == said

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            *((name, value) for name in sorted(TEXTS) for value in (1, True, ["x"], b"x")),
            *(("email_verified", value) for value in ("true", "false", 1, "no")),
            ("phone_number_verified", "true"),
            *(("updated_at", value) for value in ("2026-11-29", True, float("nan"))),
            *(("address", value) for value in ("Bonn", ["Bonn"])),
            ("department", object()),
            ("department", {"a": {1, 2}}),
            ("department", float("inf")),
            ("name", "half a character \ud800"),
        ],
    )
    def test_a_wrong_type_is_left_out_and_logged(
        self, name: str, value: Any, caplog: pytest.LogCaptureFixture
    ):
        """A client might take the text "false" for true."""
        with caplog.at_level(logging.ERROR):
            assert about({name: value}, name) == {}
        assert f"for {name}, which is left out" in caplog.text
        assert "Bonn" not in caplog.text

    def test_an_address_has_texts(self, caplog: pytest.LogCaptureFixture):
        """Core section 5.1.1."""
        said = {
            "address": {"locality": "Bonn", "region": None, "country": "", "postal_code": 53113}
        }
        assert about(said) == {"address": {"locality": "Bonn"}}
        assert "address.postal_code" in caplog.text

    def test_an_empty_address_is_none(self):
        assert about({"address": {"locality": ""}}) == {}

    def test_other_names_have_any_json(self):
        said = {"groups": ["a", "b"], "https://example.org/level": {"n": 1.5}}
        assert about(said, *said) == said

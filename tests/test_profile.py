"""A profile: the defaults that it sets, and the rules that it keeps. It is data."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from pyramid_oauth2.settings.parsing import parse_settings
from pyramid_oauth2.settings.profile import Default, Profile, Rule, as_written
from pyramid_oauth2.settings.profiles import named_profile
from pyramid_oauth2.settings.profiles.mcp import mcp

STRICT = Profile(
    "strict",
    (
        Default("access_token_lifetime", "10m", "a token that is stolen soon ends"),
        Default("private_schemes", frozenset({"one", "two"}), "two apps have them"),
    ),
    (
        Rule(
            "access_token_lifetime",
            lambda value, values: value <= values["refresh_token_lifetime"],
            "an access token ends first",
            "RFC 6749 section 1.5",
            "Make it shorter.",
        ),
        Rule("badges.size", lambda value, values: value < 9, "small", "X", "Make it small."),
    ),
)


def client(*schemes: str, client_id: str | None = None) -> Any:
    return SimpleNamespace(private_schemes=frozenset(schemes), client_id=client_id)


class TestDefaults:
    def test_they_count_where_the_ini_has_none(self):
        assert STRICT.completed({"issuer": "x"}) == {
            "issuer": "x",
            "access_token_lifetime": "10m",
            "private_schemes": {"one", "two"},
        }

    def test_what_the_ini_has_stands(self):
        completed = STRICT.completed({"access_token_lifetime": "5m"})
        assert completed["access_token_lifetime"] == "5m"

    def test_a_blank_value_is_the_default_of_the_setting(self):
        """So an ini can have no private schemes at all."""
        assert STRICT.completed({"private_schemes": ""})["private_schemes"] == ""

    def test_the_announcement(self):
        assert STRICT.announcement({}) == (
            "oauth2.profile = strict sets "
            "oauth2.access_token_lifetime = 10m (a token that is stolen soon ends), "
            "oauth2.private_schemes = one two (two apps have them)"
        )

    def test_the_announcement_of_what_the_ini_has_all(self):
        ours = {"access_token_lifetime": "5m", "private_schemes": "one"}
        assert STRICT.announcement(ours) == "oauth2.profile = strict sets nothing: the ini has all"


class TestRules:
    def test_one_that_is_kept(self):
        values = {"access_token_lifetime": 600, "refresh_token_lifetime": 600}
        assert list(STRICT.refusals(values)) == []

    def test_one_that_is_not(self):
        values = {"access_token_lifetime": 601, "refresh_token_lifetime": 600, "badges.size": 9}
        assert list(STRICT.refusals(values)) == [
            "oauth2.access_token_lifetime = 601 is weaker than oauth2.profile = strict: an access "
            "token ends first (RFC 6749 section 1.5). Make it shorter.",
            "oauth2.badges.size = 9 is weaker than oauth2.profile = strict: small (X). Make it "
            "small.",
        ]

    @pytest.mark.parametrize(
        ("value", "text"),
        [(True, "true"), (frozenset("ba"), "a b"), (600, "600"), ("open", "open")],
    )
    def test_a_value_as_the_ini_has_it(self, value: Any, text: str):
        assert as_written(value) == text


class TestNamed:
    @pytest.mark.parametrize("ours", [{}, {"profile": ""}, {"profile": "mpc"}])
    def test_there_is_none(self, ours: dict[str, str]):
        assert named_profile(ours) is None

    def test_there_is_none_for_a_resource_server(self):
        assert named_profile({"profile": "mcp", "mode": "resource_server"}) is None

    def test_by_its_name(self):
        profile = named_profile({"profile": " mcp\n"})
        assert profile is not None
        assert profile.name == "mcp"

    def test_an_unknown_one(self):
        raw = {"oauth2.issuer": "https://a.example", "oauth2.backend": "memory"}
        _, (mistake,) = parse_settings({**raw, "oauth2.profile": "mpc"})
        assert mistake == (
            "oauth2.profile = 'mpc': there is no such profile; there are: mcp. Did you mean mcp?"
        )


class TestMCP:
    def test_the_clients_and_their_schemes_are_those_that_are_known(self):
        url = "https://two.example/client.json"
        profile = mcp({"one": client("one"), "two": client("two", "zwei", client_id=url)})
        assert profile.clients == {"two": url}
        assert profile.completed({})["private_schemes"] == {"one", "two", "zwei"}

    def test_each_rule_says_where_it_is_from_and_what_to_do(self):
        for rule in mcp().rules:
            assert rule.source.startswith(("MCP authorization, ", "OAuth 2.1 section "))
            assert rule.cure.endswith(".")
            assert not rule.demand.endswith(".")

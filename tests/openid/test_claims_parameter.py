"""The parameter ``claims`` (OpenID Connect Core section 5.5)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pyramid_oauth2.openid import claims_parameter
from pyramid_oauth2.openid.claims_extensions import (
    Claims,
    ClaimsDemand,
    IDTokenClaims,
    allowed_names,
)
from pyramid_oauth2.openid.claims_parameter import requested_claims
from pyramid_oauth2.openid.standard_claims import STANDARD
from pyramid_oauth2.openid.words import WORDS, in_words
from pyramid_oauth2.protocol.access import Access
from pyramid_oauth2.protocol.authorization.user_demand import UserDemand
from pyramid_oauth2.protocol.errors import InvalidRequest
from pyramid_oauth2.protocol.http import Parameters
from tests.protocol.worlds import make_client, make_server

EXAMPLE = {
    "userinfo": {
        "given_name": {"essential": True},
        "nickname": None,
        "email": {"essential": True},
        "http://example.info/claims/groups": None,
    },
    "id_token": {
        "auth_time": {"essential": True},
        "acr": {"values": ["urn:mace:incommon:iap:silver"]},
        "email": None,
    },
    "others": 1,
}
"""That of section 5.5, and a member that is not understood."""

GROUPS = "http://example.info/claims/groups"
SERVER: Any = make_server(claim_descriptions={GROUPS: "Your groups"})


def value_of(extension: Any, claims: Any, scope: str = "openid") -> Any:
    parameters = Parameters({"claims": (json.dumps(claims),)})
    return extension(SERVER).read(parameters, make_client(), Access(frozenset(scope.split())))


class TestForm:
    def test_the_example_of_the_specification(self):
        requested = requested_claims(json.dumps(EXAMPLE))
        assert requested.userinfo_names == EXAMPLE["userinfo"].keys()
        assert requested.id_token_names == {"email"}, "the others are of the server itself"
        assert requested.id_token["acr"] == {"values": ["urn:mace:incommon:iap:silver"]}

    def test_three_extensions_parse_it_once(self, monkeypatch: pytest.MonkeyPatch):
        parsed, real = [], claims_parameter.json_object
        monkeypatch.setattr(
            claims_parameter, "json_object", lambda data: parsed.append(data) or real(data)
        )
        claims = {"userinfo": {"email": None}, "of": "this test"}
        for extension in (Claims, IDTokenClaims, ClaimsDemand):
            value_of(extension, claims)
        assert len(parsed) == 1

    @pytest.mark.parametrize("text", [None, "{}", '{"userinfo": null}', '{"id_token": {}}'])
    def test_nothing_is_asked_for(self, text: str | None):
        requested = requested_claims(text)
        assert not requested.userinfo_names | requested.id_token_names

    @pytest.mark.parametrize(
        "text",
        [
            *("", "x", "[]", "null", '"userinfo"', "{", '{"userinfo": []}', '{"id_token": "x"}'),
            '{"userinfo": {"email": true}}',
            '{"userinfo": {"email": {"essential": "yes"}}}',
            '{"userinfo": {"acr": {"values": "silver"}}}',
            '{"userinfo": {"": null}}',
            json.dumps({"userinfo": {"x" * 256: None}}),
            '{"userinfo": {"a": null}, "userinfo": {"b": null}}',
            '{"userinfo": {"a": {"value": NaN}}}',
            "[" * 2000,
            '{"userinfo": {"a": {"value": ' + "[" * 20 + "]" * 20 + "}}}",
            '{"userinfo": {"\\ud800": null}}',
        ],
    )
    def test_another_form_is_refused(self, text: str):
        with pytest.raises(InvalidRequest) as error:
            requested_claims(text)
        assert "claim" in error.value.description
        assert not set(error.value.description) & set('"\\')


class TestWhatTheUserIsAskedAbout:
    def test_each_that_no_scope_has(self):
        value = value_of(Claims, EXAMPLE, "openid email")
        assert value == {
            "userinfo": ["given_name", GROUPS, "nickname"],
            "consented": ["given_name", GROUPS, "nickname"],
        }

    def test_also_for_the_id_token(self):
        value = value_of(Claims, {"id_token": {"email": None}})
        assert value == {"userinfo": [], "consented": ["email"]}

    def test_nothing_if_scopes_say_it_all(self):
        assert value_of(Claims, {"userinfo": {"email": None}}, "openid email") is None

    def test_a_language_is_of_its_claim(self):
        assert value_of(Claims, {"userinfo": {"name#de": None}}, "openid profile") is None

    @pytest.mark.parametrize("extension", [Claims, IDTokenClaims])
    def test_nothing_without_openid(self, extension: Any):
        assert value_of(extension, EXAMPLE, "read") is None

    def test_in_words(self):
        (block,) = Claims(SERVER).blocks(value_of(Claims, EXAMPLE))
        assert block.title == "It learns about you"
        assert block.lines == (
            "Your first name",
            "Your nickname",
            "Your e-mail address",
            "Your groups",
        )

    def test_every_standard_claim_has_words(self):
        assert WORDS.keys() == set(STANDARD)
        assert in_words({"name#de", "name", "<b>"}, {"b": "Your b"}) == ("Your name",)


class TestDemands:
    """Section 5.5.1: a sub with a value, section 5.5.1.1: an essential acr with values."""

    @pytest.mark.parametrize(
        ("claims", "sub", "acr"),
        [
            ({"id_token": {"sub": {"value": "bob"}}}, "bob", ()),
            ({"userinfo": {"sub": {"value": "bob"}}}, "bob", ()),
            ({"id_token": {"sub": {"values": ["bob"]}}, "userinfo": {"sub": None}}, "bob", ()),
            ({"id_token": {"acr": {"essential": True, "value": "gold"}}}, None, ("gold",)),
            ({"id_token": {"acr": {"essential": True, "values": ["b", "a"]}}}, None, ("b", "a")),
        ],
    )
    def test_are_read(self, claims: Any, sub: str | None, acr: tuple[str, ...]):
        value = value_of(ClaimsDemand, claims)
        demanded = ClaimsDemand(SERVER).demands(json.loads(json.dumps(value)))
        assert (demanded.sub, demanded.acr) == (sub, acr)

    @pytest.mark.parametrize(
        "claims",
        [
            {"id_token": {"sub": None, "acr": None, "email": {"value": "b@example.org"}}},
            {"id_token": {"sub": {"essential": True}, "acr": {"essential": True}}},
            {"userinfo": {"acr": {"essential": True, "value": "gold"}}},
        ],
    )
    def test_nothing_is_demanded(self, claims: Any):
        assert value_of(ClaimsDemand, claims) is None

    def test_a_voluntary_acr_is_preferred_in_this_order(self):
        """Section 3.1.2.1: that is what ``acr_values`` is short for."""
        value = value_of(ClaimsDemand, {"id_token": {"acr": {"values": ["b", 7, "a"]}}})
        demanded = ClaimsDemand(SERVER).demands(json.loads(json.dumps(value)))
        assert demanded == UserDemand(preferred_acr=("b", "a"))

    @pytest.mark.parametrize(
        "claims",
        [
            {"id_token": {"sub": {"value": "bob"}}, "userinfo": {"sub": {"value": "alice"}}},
            {"id_token": {"sub": {"values": ["alice", "bob"]}}},
            {"id_token": {"sub": {"value": 7}}},
            {"id_token": {"sub": {"value": ""}}},
            {"id_token": {"acr": {"essential": True, "values": ["gold", None]}}},
        ],
    )
    def test_what_cannot_be_demanded_is_refused(self, claims: Any):
        with pytest.raises(InvalidRequest):
            value_of(ClaimsDemand, claims)


class TestRemembering:
    """A remembered consent covers the same claims, and fewer."""

    ONE, TWO = ({"userinfo": [], "consented": names} for names in (["email"], ["email", "name"]))

    @pytest.mark.parametrize(
        ("before", "now", "covered"),
        [
            (None, ONE, False),
            (ONE, ONE, True),
            (TWO, ONE, True),
            (ONE, TWO, False),
            (ONE, None, True),
        ],
    )
    def test_covers(self, before: Any, now: Any, covered: bool):
        extension = Claims(SERVER)
        remembered = before and extension.remember(before, None)
        assert extension.covered_by(remembered, now) is covered

    def test_the_same_is_remembered(self):
        """Equal to what is remembered, so that scopes of both decisions count."""
        extension = Claims(SERVER)
        assert extension.remember(self.ONE, ["email", "name"]) == ["email", "name"]


def test_what_is_allowed():
    kept = {"claims": {"userinfo": [], "consented": ["nickname", "name#de"]}}
    names = ["email", "email#de", "nickname", "name", "name#de"]
    allowed = allowed_names(names, kept, {"openid", "email"})
    assert allowed == {"email", "email#de", "nickname", "name#de"}
    assert allowed_names(names, {}, {"openid"}) == frozenset()

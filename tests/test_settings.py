"""The ini's ``oauth2.*`` keys: parsed once; every mistake is reported with its cure."""

from __future__ import annotations

import dataclasses

import pytest

from pyramid_oauth2.settings import REQUIRED, setting_fields
from pyramid_oauth2.settings.declaration import setting
from pyramid_oauth2.settings.pages import PageSettings
from pyramid_oauth2.settings.parsing import parse_settings, unknown_keys
from pyramid_oauth2.settings.tokens import TokenSettings
from pyramid_oauth2.settings.types import AUTHORIZATION_SERVER
from pyramid_oauth2.settings.values import parse_values

MINIMAL = {"oauth2.issuer": "https://auth.example.com", "oauth2.backend": "memory"}


def parse(**changes):
    """The settings of a minimal ini and the mistakes in it; a value of None removes a key."""
    raw = MINIMAL | {f"oauth2.{key.replace('__', '.')}": value for key, value in changes.items()}
    return parse_settings({key: value for key, value in raw.items() if value is not None})


def test_the_least_that_must_be_said():
    settings, mistakes = parse()
    assert mistakes == []
    assert settings.issuer == "https://auth.example.com"
    assert settings.backend == "memory"


def test_defaults():
    settings, _ = parse()
    assert settings.access_token_lifetime == 3600
    assert settings.public_access_token_lifetime is None
    assert settings.grant_lifetime == 365 * 86400
    assert settings.client_cache == 2
    assert settings.path == "/oauth2"
    assert settings.grant_types is None
    assert settings.default_scopes is None
    assert settings.scopes == {}


@pytest.mark.parametrize("key", ["issuer", "backend"])
@pytest.mark.parametrize("value", [None, "", "  \n"])
def test_a_required_key(key, value):
    _, (mistake,) = parse(**{key: value})
    assert mistake.startswith(f"oauth2.{key} is missing. ")


def test_a_wrong_value_is_told_with_its_key_and_cure():
    _, (mistake,) = parse(access_token_lifetime="soon")
    assert mistake.startswith("oauth2.access_token_lifetime = 'soon': write a number of seconds")


@pytest.mark.parametrize("key", ["grant_types", "resource_paths", "admin_principals"])
def test_an_iterator_of_texts_is_a_mistake(key):
    """The check would use it up, and the setting would be empty."""
    text = "/api" if key == "resource_paths" else "implicit"
    _, mistakes = parse(**{key: [text]})
    assert mistakes == []
    _, (mistake,) = parse(**{key: iter([text])})
    assert mistake.startswith(f"oauth2.{key} = ")
    assert mistake.endswith("or pass a list of texts")


@pytest.mark.parametrize("value", [True, 0, 1.5, [1], ["read"], {"a": 1}, {1: 2}, b"x", object()])
@pytest.mark.parametrize("key", setting_fields())
def test_a_value_of_python_that_is_no_text_stops_nothing_without_its_key(key, value):
    """The settings of an application may be a dict of its code."""
    _, mistakes = parse_settings(MINIMAL | {f"oauth2.{key}": value})
    assert all(mistake.startswith("oauth2.") for mistake in mistakes)


def test_a_parser_of_an_application_that_does_not_know_a_type():
    @dataclasses.dataclass(frozen=True)
    class Own:
        colour: str = setting(str.strip, "red", "The colour.")

    (field,) = dataclasses.fields(Own)
    _, (mistake,) = parse_values({"colour": field}, {"colour": 5})
    assert mistake == "oauth2.colour = 5: the value is not valid"


def test_all_mistakes_at_once():
    _, mistakes = parse(issuer=None, client_cache="x", path="x", scopes="x")
    assert len(mistakes) == 4


def test_a_blank_limit_is_not_the_widest_one():
    for value in ("", " \n", []):
        _, (mistake,) = parse(self_service__scopes=value)
        assert mistake.endswith("name at least one, or leave the key out for all")


def test_principals_with_commas_are_no_principals():
    _, (mistake,) = parse(admin_principals="group:admin, group:ops")
    assert mistake.endswith("separate them by blanks or lines, without commas")


@pytest.mark.parametrize("key", ["admin", "self_service"])
def test_a_resource_server_has_no_pages_for_clients(key):
    changes = {key: "true", "admin_principals": "bob"}
    _, mistakes = parse(mode="resource_server", base_url="https://api.example.com", **changes)
    assert any(m.startswith(f"oauth2.{key} is for an authorization server") for m in mistakes)


def test_a_blank_value_means_the_default():
    settings, mistakes = parse(access_token_lifetime=" ", grant_types="")
    assert mistakes == []
    assert settings.access_token_lifetime == 3600
    assert settings.grant_types is None


@pytest.mark.parametrize(
    ("changes", "required"),
    [
        pytest.param({}, True, id="https issuer"),
        pytest.param({"issuer": "http://localhost"}, False, id="http issuer"),
        pytest.param({"enforce_https": "true"}, True, id="said of an https issuer"),
        pytest.param(
            {"issuer": "http://localhost", "enforce_https": "false"}, False, id="said of http"
        ),
    ],
)
def test_https_follows_the_issuer(changes, required):
    settings, mistakes = parse(**changes)
    assert mistakes == []
    assert settings.https_required is required


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"enforce_https": "false"}, "in clear", id="https that is not enforced"),
        pytest.param({"base_url": "http://localhost"}, "base_url is http", id="http base_url"),
        pytest.param({"access_token_lifetime": "2d", "grant_lifetime": "1d"}, "longer", id="life"),
        pytest.param(
            {"issuer": "http://localhost", "enforce_https": "true"}, "http issuer", id="http"
        ),
        pytest.param({"issuer": "https://auth.example.com/"}, "leave out the slash", id="slash"),
    ],
)
def test_a_contradiction(changes, words):
    _, (mistake,) = parse(**changes)
    assert words in mistake


def test_a_backend_for_each_role():
    settings, _ = parse(backend__clients="sqlalchemy", backend__consents="x.y")
    roles = {role: settings.backend_of(role) for role in ("clients", "grants", "consents")}
    assert roles == {"clients": "sqlalchemy", "grants": "memory", "consents": "x.y"}


def test_sections_pass_through_unparsed():
    settings, mistakes = parse(sqlalchemy__url="sqlite://", sqlalchemy__pool__size="5")
    assert mistakes == []
    assert settings.section("sqlalchemy") == {"url": "sqlite://", "pool.size": "5"}
    assert settings.section("redis") == {}


def test_the_public_url_is_the_issuer_unless_it_is_said():
    assert parse()[0].public_url == "https://auth.example.com"
    assert parse(base_url="https://a.example/app")[0].public_url == "https://a.example/app"


def test_a_password_in_a_section_is_not_shown():
    settings, _ = parse(sqlalchemy__url="postgresql://u:s3cr3t@db/x")
    assert "s3cr3t" not in repr(settings)


def test_the_settings_of_others_are_not_ours():
    raw = {**MINIMAL, "sqlalchemy.url": "x", "oauth2": "x", "oauth2x.y": "z", "pyramid.debug": "1"}
    assert parse_settings(raw)[1] == []
    assert unknown_keys(raw, {}) == []


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        pytest.param("isuer", "oauth2.issuer", id="a letter missing"),
        pytest.param("access_token_lifetme", "oauth2.access_token_lifetime", id="a typo"),
        pytest.param("backend.client", "oauth2.backend.clients", id="second level"),
        pytest.param("sqlachemy.url", "oauth2.sqlalchemy.url", id="a prefix"),
        pytest.param("mail.sendr", "oauth2.mail.sender", id="a key of an extension"),
        pytest.param("quux", None, id="nothing near"),
        pytest.param("quux.x", None, id="no prefix near"),
        pytest.param("sqlalchemy", None, id="a prefix alone"),
        pytest.param("sqlalchemy.", None, id="a prefix and a dot"),
    ],
)
def test_an_unknown_key_names_the_nearest(key, hint):
    prefixes = {"sqlalchemy": None, "mail": {"sender"}}
    (mistake,) = unknown_keys({f"oauth2.{key}": "x"}, prefixes)
    assert mistake.startswith(f"oauth2.{key} is not a setting.")
    assert mistake.endswith(f"Did you mean {hint}?" if hint else "is not a setting.")


def test_known_keys_are_no_mistakes():
    known = {f"oauth2.{key}": "x" for key in setting_fields()}
    extended = {"oauth2.mail.sender": "x", "oauth2.sqlalchemy.pool.size": "x"}
    assert unknown_keys(known | extended, {"sqlalchemy": None, "mail": {"sender"}}) == []


@pytest.mark.parametrize("key", list(setting_fields()))
def test_every_setting_says_what_it_means(key):
    field = setting_fields()[key]
    assert field.metadata["meaning"].endswith(".")
    if field.metadata["default"] is not REQUIRED:
        settings, _ = parse()
        assert getattr(settings, field.name) == field.metadata["default"]


def test_a_page_and_a_lifetime_belong_to_a_server_that_has_them():
    # oauth2.scopes are of a resource server too.
    fields = (field for kind in (PageSettings, TokenSettings) for field in dataclasses.fields(kind))
    others = {field.name for field in fields if field.metadata["mode"] != AUTHORIZATION_SERVER}
    assert others == {"scopes"}


def test_settings_cannot_be_changed():
    settings, _ = parse()
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.issuer = "https://evil.example"

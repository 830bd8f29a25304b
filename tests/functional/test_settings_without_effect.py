"""A setting that is written in the ini and has no effect is said when the application starts."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from pyramid.config import Configurator

from pyramid_oauth2.extension import boolean, plain_text, setting
from pyramid_oauth2.settings import setting_fields

from . import host
from .conftest import BASE

SERVER = {**BASE, "oauth2.backend": "memory", "oauth2.grant_types": "client_credentials"}
API = {
    "oauth2.issuer": "https://auth.example.com",
    "oauth2.mode": "resource_server",
    "oauth2.base_url": "https://api.example.com",
    "oauth2.introspection.url": "https://auth.example.com/oauth2/introspect",
    "oauth2.introspection.client_id": "api",
    "oauth2.introspection.client_secret": "secret",
}


class NoKeys:
    """A signer of the application."""

    max_age = 60

    def check(self) -> None:
        """It can sign."""

    key_for = sign = published = public_key = is_revoked = check


@dataclass(frozen=True)
class BadgeSettings:
    """Badges."""

    badges: bool = setting(boolean, False, "Whether there are badges.", key="")
    text: str = setting(plain_text, "badge", "What is on a badge.", needs="")
    refreshed: bool = setting(
        boolean, False, "Whether they live on.", needs="", grant_type="refresh_token"
    )


def said(
    caplog: pytest.LogCaptureFixture,
    settings: dict[str, str],
    configure: Callable[[Any], None] = lambda config: None,
    **changes: str,
) -> list[str]:
    """What the start says of settings."""
    changed = {f"oauth2.{key.replace('__', '.')}": value for key, value in changes.items()}
    caplog.clear()
    with caplog.at_level(logging.WARNING, "pyramid_oauth2.settings"):
        config = Configurator(settings={**settings, **changed})
        config.include("pyramid_oauth2")
        config.add_oauth2_settings("badges", BadgeSettings)
        configure(config)
        config.add_route("login", "/login")
        host.policy(config)
        host.users(config)
        config.make_wsgi_app()
    return [record.getMessage() for record in caplog.records if "effect" in record.getMessage()]


@pytest.mark.parametrize("settings", [SERVER, API])
def test_an_ini_without_such_a_setting(caplog: Any, settings: dict[str, str]):
    assert said(caplog, settings) == []


@pytest.mark.parametrize(
    ("key", "value", "cure"),
    [
        ("admin_principals", "bob", {"admin": "true"}),
        ("self_service__max_clients", "5", {"self_service": "true"}),
        ("throttle__client_registrations", "3/hour", {"registration": "open"}),
        ("registration__max_unused", "5", {"registration": "open"}),
        ("self_service__grant_types", "authorization_code", {"self_service": "true"}),
        ("self_service__scopes", "read", {"self_service": "true"}),
        ("login_return_param", "back", {"login_route": "login"}),
        ("badges__text", "x", {"badges": "true"}),
    ],
)
def test_a_setting_of_what_is_off(caplog: Any, key: str, value: str, cure: dict[str, str]):
    (sentence,) = said(caplog, SERVER, **{key: value})
    (needed,) = cure
    assert sentence.startswith(f"oauth2.{key.replace('__', '.')} has no effect, since ")
    assert f"oauth2.{needed} is " in sentence
    cured = {
        "grant_types": "authorization_code",
        "admin": "true",
        "admin_principals": "bob",
        key: value,
        **cure,
    }
    assert said(caplog, SERVER, **cured) == []


LIMITS = [key for key in setting_fields() if key.startswith("throttle.")]
EVERYTHING = {
    "grant_types": "authorization_code refresh_token password",
    "self_service": "true",
    "login_route": "login",
    "registration": "open",
}


@pytest.mark.parametrize("key", [*LIMITS, "throttle_storage"])
def test_a_limit_where_nothing_is_throttled(caplog: Any, key: str):
    value = "memory://" if key == "throttle_storage" else "3/minute"
    name = key.replace(".", "__")
    changes = {**EVERYTHING, name: value}
    (sentence,) = said(caplog, SERVER, throttle="false", **changes)
    assert sentence == f"oauth2.{key} has no effect, since oauth2.throttle is false."
    assert said(caplog, SERVER, **changes) == []


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("keys__rotation", "30d"),
        ("keys__announced", "5h"),
        ("jwt_access_tokens__algorithm", "RS256"),
        ("jwt_access_tokens__lifetime", "5m"),
    ],
)
def test_a_setting_of_what_is_signed_where_nothing_can_sign(caplog: Any, key: str, value: str):
    (sentence,) = said(caplog, SERVER, **{key: value})
    assert sentence == (
        f"oauth2.{key.replace('__', '.')} has no effect, since oauth2.secret is not set, so the "
        "server cannot sign."
    )
    assert said(caplog, SERVER, secret="s" * 43, **{key: value}) == []


@pytest.mark.parametrize(
    ("key", "value"), [("throttle__registrations", "3/day"), ("self_service__max_clients", "3")]
)
def test_a_limit_of_registrations_where_users_register_nothing(caplog: Any, key: str, value: str):
    """By pages, or by the access token of a user."""
    (sentence,) = said(caplog, SERVER, **{key: value})
    assert sentence == (
        f"oauth2.{key.replace('__', '.')} has no effect, since oauth2.self_service is not true and "
        "oauth2.registration is not user."
    )
    users = {"grant_types": "authorization_code", "registration": "user", key: value}
    assert said(caplog, SERVER, **users) == []


@pytest.mark.parametrize("who", ["token", "user"])
@pytest.mark.parametrize(
    ("key", "value"),
    [("throttle__client_registrations", "3/hour"), ("registration__max_unused", "5")],
)
def test_a_limit_of_those_who_need_no_token(caplog: Any, key: str, value: str, who: str):
    changes = {"grant_types": "authorization_code", "registration": who, key: value}
    (sentence,) = said(caplog, SERVER, **changes)
    assert sentence.endswith("has no effect, since oauth2.registration is not open.")


@pytest.mark.parametrize(
    ("key", "value"), [("secret", "s" * 43), ("keys__rotation", "30d"), ("keys__announced", "5h")]
)
def test_the_keys_of_the_store_beside_a_signer_of_the_application(
    caplog: Any, key: str, value: str
):
    def signer(config: Any) -> None:
        config.set_oauth2_signer(lambda server, settings: NoKeys())

    (sentence,) = said(caplog, SERVER, signer, **{key: value})
    assert sentence == (
        f"oauth2.{key.replace('__', '.')} has no effect, since the application signs by a signer "
        "of its own (config.set_oauth2_signer)."
    )
    assert said(caplog, SERVER, signer, jwt_access_tokens__lifetime="5m") == []


@pytest.mark.parametrize(
    ("grant_type", "key", "value"),
    [
        ("authorization_code", "authorization_code_lifetime", "30"),
        ("authorization_code", "authorization_code_grace", "10"),
        ("authorization_code", "require_pkce", "false"),
        ("authorization_code", "interaction_lifetime", "30"),
        ("authorization_code", "consent_lifetime", "1d"),
        ("authorization_code", "throttle__interactions", "3/minute"),
        ("refresh_token", "refresh_token_lifetime", "5d"),
        ("refresh_token", "refresh_token_grace", "10"),
        ("refresh_token", "throttle__rotations", "3/minute"),
        ("password", "throttle__passwords", "3/minute"),
    ],
)
def test_a_setting_of_a_grant_type_that_is_off(caplog: Any, grant_type: str, key: str, value: str):
    (sentence,) = said(caplog, SERVER, **{key: value})
    assert sentence == (
        f"oauth2.{key.replace('__', '.')} has no effect, since oauth2.grant_types does not name "
        f"{grant_type}."
    )
    cured = {"grant_types": f"client_credentials {grant_type}", key: value}
    assert said(caplog, SERVER, **cured) == []
    by_default = said(caplog, SERVER, grant_types="", **{key: value})
    assert bool(by_default) is (grant_type == "password")


@pytest.mark.parametrize(("key", "value"), [("grant_lifetime", "5d"), ("single_access_token", "1")])
def test_a_setting_of_grants_where_clients_act_for_themselves(caplog: Any, key: str, value: str):
    """RFC 6749 section 4.4: no user has allowed anything, so there is no grant."""
    (sentence,) = said(caplog, SERVER, **{key: value})
    assert sentence == (
        f"oauth2.{key} has no effect, since oauth2.grant_types names client_credentials only, "
        "which is not for users."
    )
    for cure in (
        {"grant_types": ""},
        {"grant_types": "client_credentials password"},
        # Grants that were opened before are still refreshed.
        {"grant_types": "client_credentials refresh_token"},
        {"response_types": "token"},
    ):
        assert said(caplog, SERVER, **{key: value, **cure}) == []


@pytest.mark.parametrize("key", ["interaction_lifetime", "consent_lifetime"])
def test_a_setting_of_the_pages_for_another_response_type(caplog: Any, key: str):
    """The implicit grant has no grant type at the token endpoint (RFC 6749 section 4.2)."""
    assert said(caplog, SERVER, response_types="token", **{key: "1d"}) == []


def test_a_setting_of_a_feature_that_needs_both(caplog: Any):
    switched = {"badges__refreshed": "true", "badges": "true"}
    (sentence,) = said(caplog, SERVER, **switched)
    assert sentence.endswith("since oauth2.grant_types does not name refresh_token.")
    assert said(caplog, SERVER, grant_types="refresh_token", **switched) == []
    (sentence,) = said(caplog, SERVER, grant_types="refresh_token", badges__refreshed="true")
    assert sentence.endswith("since oauth2.badges is false.")


@pytest.mark.parametrize("key", ["client_id", "client_secret", "cache"])
def test_introspection_on_an_authorization_server(caplog: Any, key: str):
    (sentence,) = said(caplog, SERVER, **{f"introspection__{key}": "9"})
    assert sentence == (
        f"oauth2.introspection.{key} has no effect: it is for oauth2.mode = resource_server."
    )


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(
            ("path", "/auth"),
            ("enforce_https", "true"),
            ("backend", "memory"),
            ("read_only", "true"),
        ),
        *(("grant_types", "password"), ("access_token_lifetime", "60"), ("login_route", "login")),
        *(("throttle", "true"), ("throttle__clients", "3/minute"), ("admin_principals", "bob")),
    ],
)
def test_what_only_an_authorization_server_has(caplog: Any, key: str, value: str):
    (sentence,) = said(caplog, API, **{key: value})
    assert sentence == (
        f"oauth2.{key.replace('__', '.')} has no effect: it is for "
        "oauth2.mode = authorization_server."
    )


@pytest.mark.parametrize(("key", "value"), [("read_only", "true"), ("response_types", "token")])
def test_what_has_no_effect_is_not_said_to_have_one(caplog: Any, key: str, value: str):
    said(caplog, API, **{key: value})
    assert [r.getMessage() for r in caplog.records if f"oauth2.{key}" in r.getMessage()] == [
        f"oauth2.{key} has no effect: it is for oauth2.mode = authorization_server."
    ]


@pytest.mark.parametrize("key", ["sqlalchemy.url", "sqlalchemy.session", "redis.url"])
def test_a_store_of_a_resource_server(caplog: Any, key: str):
    assert said(caplog, {**API, f"oauth2.{key}": "x"}) == [
        f"oauth2.{key} has no effect: a resource server stores nothing."
    ]


@pytest.mark.parametrize("key", ["sqlalchemy.url", "redis.url"])
def test_the_url_of_a_store_may_be_prepared(caplog: Any, key: str):
    assert said(caplog, {**SERVER, f"oauth2.{key}": "x"}) == []


def test_a_session_for_clients_that_are_elsewhere(caplog: Any, tmp_path: Any):
    sql = {
        **SERVER,
        "oauth2.backend.grants": "sqlalchemy",
        "oauth2.sqlalchemy.url": f"sqlite:///{tmp_path}/oauth2.sqlite",
        "oauth2.sqlalchemy.session": "dbsession",
    }
    (sentence,) = said(caplog, sql)
    assert sentence.startswith("oauth2.sqlalchemy.session has no effect: it is for clients")
    assert "stored in memory" in sentence
    assert said(caplog, sql, backend__clients="sqlalchemy") == []


def test_a_secret_is_not_repeated(caplog: Any):
    assert "s3cret" not in str(said(caplog, SERVER, introspection__client_secret="s3cret"))
    assert "s3cret" not in caplog.text

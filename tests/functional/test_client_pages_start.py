"""The start-up fails if the admin pages would be closed to all users, or open to all."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
from pyramid.authentication import AuthTktAuthenticationPolicy
from pyramid.authorization import ACLAuthorizationPolicy
from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationError

from . import host
from .client_pages import SWITCHED_ON, ClientPages
from .conftest import BASE
from .server import Server

WITHOUT_LOGIN = {**SWITCHED_ON, "oauth2.login_route": ""}
SETTINGS = {**BASE, **WITHOUT_LOGIN, "oauth2.backend": "memory"}
NO_POLICY = "there is no security policy that could say who is allowed in"


def start(configure: Callable[[Any], None], **changes: str) -> None:
    named = {f"oauth2.{name}": value for name, value in changes.items()}
    config = Configurator(settings={**SETTINGS, **named})
    config.include("pyramid_oauth2")
    config.include(host.users)
    configure(config)
    config.make_wsgi_app()


def nothing(config: Any) -> None:
    """Configure no policy."""


@pytest.mark.parametrize("wrapping", ["true", "false"])
def test_without_any_policy(wrapping: str):
    with pytest.raises(ConfigurationError, match=NO_POLICY):
        start(nothing, security_policy=wrapping)


def test_a_policy_that_comes_after_the_views_were_made():
    """The pages would be open to all: Pyramid looks up the policy when it creates a view."""
    config = Configurator(settings={**SETTINGS, "oauth2.security_policy": "false"}, autocommit=True)
    with pytest.raises(ConfigurationError, match=NO_POLICY):
        config.include("pyramid_oauth2")


def test_a_policy_of_the_applications_own_composition():
    start(host.policy, security_policy="false")


def test_nobody_named():
    with pytest.raises(ConfigurationError, match=r"oauth2\.admin_principals is empty"):
        start(host.policy, admin_principals="")


def test_everybody_named():
    with pytest.raises(ConfigurationError, match="whoever comes, signed in or not"):
        start(host.policy, admin_principals="system.Everyone")


def test_everybody_who_is_signed_in_is_warned_of(caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.WARNING):
        start(host.policy, admin_principals="system.Authenticated")
    assert "everybody who can sign in manages all clients" in caplog.text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"self_service.grant_types": "authorisation_code"}, "names authorisation_code, which"),
        ({"self_service.scopes": "red"}, r"oauth2\.self_service\.scopes has unknown scopes: red"),
        ({"self_service.max_clients": "0"}, "write a number from 1 to 1000"),
        ({"self_service.max_client": "3"}, r"Did you mean oauth2\.self_service\.max_clients"),
        ({"admin": "maybe"}, "write true or false"),
    ],
)
def test_a_setting_that_cannot_be(changes: dict[str, str], words: str):
    with pytest.raises(ConfigurationError, match=words):
        start(host.policy, **changes)


def test_pyramids_pair_of_policies(build: Callable[..., Server], recwarn: pytest.WarningsRecorder):
    def groups(userid: str, request: Any) -> list[str]:
        return ["group:admin"] if userid == "bob" else []

    def pair(config: Any) -> None:
        cookie = AuthTktAuthenticationPolicy("secret", callback=groups, hashalg="sha512")
        config.set_authentication_policy(cookie)
        config.set_authorization_policy(ACLAuthorizationPolicy())
        config.set_root_factory(host.Root)
        host.views(config)

    changes = {**SWITCHED_ON, "oauth2.admin_principals": "group:admin"}
    server = build(pair, changes=changes)
    ClientPages(server).get()
    ClientPages(server, user="alice").get(status=302)


def test_a_policy_that_looks_for_the_root(build: Callable[..., Server]):
    """The admin pages are below the application's own root, which only it may know."""

    class RootPolicy(host.CookiePolicy):
        def permits(self, request: Any, context: Any, permission: str) -> bool:
            root = context
            while getattr(root, "__parent__", None) is not None:
                root = root.__parent__
            return isinstance(root, host.Root) and permission == "oauth2.admin"

    def policy(config: Any) -> None:
        config.set_security_policy(RootPolicy())
        config.set_root_factory(host.Root)

    ClientPages(build(policy, changes=WITHOUT_LOGIN), user=None).get(status=200)


def test_what_the_applications_root_allows_does_not_open_them(build: Callable[..., Server]):
    class GenerousRoot(host.Root):
        __acl__ = [("Allow", "alice", "oauth2.admin"), *host.Root.__acl__]

    def policy(config: Any) -> None:
        config.set_security_policy(host.CookiePolicy())
        config.set_root_factory(GenerousRoot)
        host.views(config)

    server = build(policy, changes=SWITCHED_ON)
    ClientPages(server, user="alice").get(status=302)
    ClientPages(server, user="bob").get(status=200)

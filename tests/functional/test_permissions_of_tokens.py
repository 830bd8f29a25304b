"""An application without ACLs: no token has a permission, and it says so with the cure."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest

from . import host
from .server import Server, bearer

LOGGER = "pyramid_oauth2.protection.permissions"
OPEN = {"permission": "view", "oauth2_scope": "read", "oauth2_only": False}


class SignedIn(host.CookiePolicy):
    """The usual policy: who is signed in may do everything."""

    def permits(self, request: Any, context: Any, permission: str) -> bool:
        return self.identity(request) is not None


class Permitting(host.Users):
    def permits(self, request: Any, subject: str, context: Any, permission: str) -> bool:
        return subject == "bob"


class EmptyRoot:
    """It might get an ACL later."""

    def __init__(self, request: Any) -> None:
        pass


def application(config: Any) -> None:
    config.set_security_policy(SignedIn())
    config.add_route("login", "/login")
    config.add_view(host.log_in, route_name="login")
    config.add_route("notes", "/notes")
    config.add_view(host.whoami, route_name="notes", **OPEN)
    config.add_route("page", "/page")
    config.add_view(host.whoami, route_name="page", permission="view")


def permitting(config: Any) -> None:
    config.commit()
    config.set_oauth2_resource_owners(Permitting())


def with_acl(config: Any) -> None:
    config.set_root_factory(host.Root)


def with_root(config: Any) -> None:
    config.set_root_factory(EmptyRoot)


def with_factory_of_a_route(config: Any) -> None:
    config.set_security_policy(SignedIn())
    config.add_route("notes", "/notes", factory=EmptyRoot)
    config.add_view(host.whoami, route_name="notes", **OPEN)


@pytest.fixture
def start(build: Callable[..., Server]) -> Callable[..., Server]:
    """Start an application: a new one for each test, since one that is kept says nothing."""

    def start(*steps: Callable[[Any], None], **changes: str) -> Server:
        def configure(config: Any) -> None:
            for step in steps:
                step(config)

        return build(configure, changes=changes)

    return start


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [each.getMessage() for each in caplog.records if each.name == LOGGER]


def test_a_view_that_is_closed_to_every_token(
    start: Callable[..., Server], caplog: pytest.LogCaptureFixture
):
    server = start(application)
    (warning,) = said(caplog)
    assert warning.startswith(
        "No token has the permission of these views with oauth2_scope: notes (view). "
    )
    assert "permits(request, subject, context, permission)" in warning
    assert "__acl__" in warning

    caplog.clear()
    refused = server.get("/notes", bearer(server.token("read", user="bob")))
    assert refused.status_int == 403
    (refusal,) = said(caplog)
    assert refusal.startswith("A token was refused the permission 'view', as every token is: ")
    assert "permits(request, subject, context, permission)" in refusal
    server.browser.get("/login?user=bob", status=200)
    assert server.get("/notes").text == "bob"


def test_many_views(start: Callable[..., Server], caplog: pytest.LogCaptureFixture):
    def configure(config: Any) -> None:
        for name in "abcdef":
            config.add_route(name, f"/{name}")
            config.add_view(host.whoami, route_name=name, **OPEN)

    start(application, configure)
    (warning,) = said(caplog)
    assert ": a (view), b (view), c (view), d (view), e (view), and 2 more. " in warning


def test_a_view_without_a_scope_is_closed_to_users_tokens_by_intention(
    start: Callable[..., Server], caplog: pytest.LogCaptureFixture
):
    server = start(application)
    caplog.clear()
    assert server.get("/page", bearer(server.token("read", user="bob"))).status_int == 403
    assert said(caplog) == []


@pytest.mark.parametrize("configure", [permitting, with_acl])
def test_nothing_is_said_where_a_token_may_have_it(
    start: Callable[..., Server],
    caplog: pytest.LogCaptureFixture,
    configure: Callable[[Any], None],
):
    server = start(application, configure)
    assert server.get("/notes", bearer(server.token("read", user="bob"))).status_int == 200
    assert said(caplog) == []


def test_a_refusal_by_permits_or_an_acl_is_not_a_mistake(
    start: Callable[..., Server], caplog: pytest.LogCaptureFixture
):
    def closed(config: Any) -> None:
        config.add_route("closed", "/closed")
        config.add_view(host.whoami, route_name="closed", permission="x", oauth2_scope="read")

    permits = start(application, permitting)
    assert permits.get("/notes", bearer(permits.token("read", user="alice"))).status_int == 403
    acl = start(application, with_acl, closed)
    assert acl.get("/closed", bearer(acl.token("read", user="bob"))).status_int == 403
    assert said(caplog) == []


def test_a_policy_of_the_application_s_own_may_permit_tokens(
    start: Callable[..., Server], caplog: pytest.LogCaptureFixture
):
    start(application, **{"oauth2.security_policy": "false"})
    assert said(caplog) == []


@pytest.mark.parametrize(
    "configure",
    [(application, with_root), (with_factory_of_a_route,)],
    ids=["root", "route"],
)
def test_a_factory_of_the_application_may_have_an_acl(
    start: Callable[..., Server], caplog: pytest.LogCaptureFixture, configure: tuple[Any, ...]
):
    server = start(*configure)
    assert said(caplog) == []
    assert server.get("/notes", bearer(server.token("read", user="bob"))).status_int == 403
    assert len(said(caplog)) == 1
    assert [each.levelno for each in caplog.records if each.name == LOGGER] == [logging.WARNING]

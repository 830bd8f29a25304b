"""Pages that a user may not see: the login, the application's forbidden view, or our own page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pyramid.response import Response

from . import host
from .client_pages import ADMIN, APPLICATIONS, BACK, SWITCHED_ON, ClientPages, words
from .server import Server

AUTHORIZE = "/oauth2/authorize?response_type=code&client_id=web&code_challenge_method=S256"
LOGIN = {"oauth2.login_route": "login"}
NO_LOGIN = {"oauth2.login_route": ""}
OWN = "I am the application."


def login_page(config: Any) -> None:
    config.add_route("login", "/login")
    config.add_view(host.log_in, route_name="login")


def forbidden_view(config: Any) -> None:
    config.add_forbidden_view(lambda request: Response(OWN, status=403))


class Deactivated(host.Users):
    def is_active(self, subject: str) -> bool:
        return False


@pytest.fixture
def start(build: Callable[..., Server]) -> Callable[..., Server]:
    """Start an application with a policy and a login page, and without a forbidden view."""

    def start(*configure: Any, **changes: str) -> Server:
        everything = {**SWITCHED_ON, **LOGIN, **changes}
        return build(host.policy, login_page, *configure, changes=everything)

    return start


@pytest.mark.parametrize("root", [ADMIN, APPLICATIONS])
@pytest.mark.parametrize("configure", [(), (forbidden_view,)], ids=["alone", "forbidden view"])
def test_who_is_signed_out_is_sent_to_the_login(
    start: Callable[..., Server], root: str, configure: tuple[Any, ...]
):
    visitor = ClientPages(start(*configure), root, user=None)
    to = visitor.get("edit", 303, client_id="web").location
    page = root.replace("/", "%2F")
    assert to == f"http://localhost/login?next={page}%2Fedit%3Fclient_id%3Dweb"


def test_who_is_no_operator_is_not_sent_there_for_ever(start: Callable[..., Server]):
    page = ClientPages(start(), user="alice").get(status=403)
    assert words(page).startswith("You may not see this page It is for users with more rights.")
    assert "oauth2.admin" in words(page), "the permission, for the developer"


@pytest.mark.parametrize("root", [ADMIN, APPLICATIONS])
def test_without_a_login_route(start: Callable[..., Server], root: str):
    page = ClientPages(start(**NO_LOGIN), root, user=None).get(status=403)
    assert words(page).startswith("Sign in first You are not signed in to this site.")
    assert page.headers["Cache-Control"] == "no-store"


def test_the_authorization_endpoint_without_one(start: Callable[..., Server]):
    server = start(**NO_LOGIN)
    server.register("web", grant_types=("authorization_code",), redirect_uris=(BACK,))
    page = server.get(f"{AUTHORIZE}&code_challenge={'x' * 43}")
    assert page.status_int == 403
    assert words(page).startswith("Sign in first")


@pytest.mark.parametrize("user", [None, "alice"])
def test_the_forbidden_view_of_the_application_responds(
    start: Callable[..., Server], user: str | None
):
    pages = ClientPages(start(forbidden_view, **NO_LOGIN), user=user)
    assert pages.get(status=403).text == OWN


def test_who_is_deactivated(start: Callable[..., Server]):
    server = start(lambda config: config.set_oauth2_resource_owners(Deactivated()))
    page = ClientPages(server, APPLICATIONS, user="alice").get(status=403)
    assert words(page).startswith("Your account is deactivated")


def test_an_operator(start: Callable[..., Server]):
    ClientPages(start(), user="bob").get(status=200)


def test_a_form_of_who_may_not(start: Callable[..., Server]):
    server = start()
    operator, other = ClientPages(server), ClientPages(server, user="alice")
    mine = operator.registered("web")
    assert other.post("delete", mine.client_id, token="x").status_int == 403
    visitor = ClientPages(server, user=None)
    assert visitor.post("delete", mine.client_id, token="x").status_int == 303
    assert operator.client(mine.client_id) == mine

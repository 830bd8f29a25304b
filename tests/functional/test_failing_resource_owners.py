"""An application's :class:`IResourceOwners` that raise, for a user who was deleted for instance."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest

from pyramid_oauth2 import Authentication

from . import host, openid_provider
from .client_pages import BACK, ClientPages, words
from .flow import Flow, answer_in
from .server import bearer


class Users(host.Users):
    """Its methods raise for alice from the moment when she is deleted."""

    def __init__(self) -> None:
        self.deleted = False

    def _row(self, subject: str) -> str:
        if self.deleted and subject == "alice":
            raise LookupError("no such row")
        return subject

    def authenticate(self, request: Any, username: str, password: str) -> str | None:
        return super().authenticate(request, self._row(username), password)


class Describing(Users):
    def describe(self, subject: str) -> str:
        return f"Ms {self._row(subject)}"


class Active(Users):
    def is_active(self, subject: str) -> bool:
        return bool(self._row(subject))


@pytest.fixture
def start(start_pages: Callable[..., ClientPages]) -> Callable[..., tuple[ClientPages, Flow]]:
    def start(users: Users) -> tuple[ClientPages, Flow]:
        pages = start_pages(lambda config: config.set_oauth2_resource_owners(users))
        usual = {"grant_types": ("authorization_code", "refresh_token"), "redirect_uris": (BACK,)}
        pages.server.register("web", **usual)
        return pages, Flow(pages.server).log_in("alice")

    return start


def revoke(pages: ClientPages) -> str:
    """Revoke the only grant on the page of grants; the page afterwards."""
    page = pages.get("grants", client_id="web")
    form = next(form for form in page.forms.values() if form.html.button.get("name") == "grant")
    return words(form.submit("grant", status=303).follow())


def test_describe_raises_on_every_page(start: Callable[..., Any], caplog: Any):
    users = Describing()
    pages, flow = start(users)
    flow.allow()
    assert "Ms alice" in words(pages.get("grants", client_id="web"))
    users.deleted = True
    assert "alice" in flow.page(prompt="consent").text
    assert "alice" in flow.browser.get("/oauth2/authorizations").text
    assert "alice" in flow.ask(prompt="login").text
    with caplog.at_level(logging.ERROR):
        assert "alice read Since" in words(pages.get("grants", client_id="web"))
    assert "describe() of the resource owners failed" in caplog.text
    assert "no such row" in caplog.text
    assert "The grant has ended" in revoke(pages)


def test_is_active_raises_on_the_page_of_grants(start: Callable[..., Any]):
    users = Active()
    pages, flow = start(users)
    tokens = flow.tokens()
    users.deleted = True
    assert "cannot be checked" in words(pages.get("grants", client_id="web"))
    assert "The grant has ended" in revoke(pages)
    users.deleted = False
    assert flow.refresh(tokens["refresh_token"]).status_int == 400


def test_is_active_raises_where_tokens_are_used_or_issued(start: Callable[..., Any]):
    """503: what cannot be checked never counts as active, and is not refused for good."""
    users = Active()
    pages, flow = start(users)
    server, tokens = pages.server, flow.tokens()
    code = answer_in(flow.ask().location)["code"]
    users.deleted = True
    token = tokens["access_token"]
    server.register("api", grant_types=(), resource_server=True)
    asking = {"token": token}
    for response in (
        server.get("/read", bearer(token)),
        server.get("/whoami", bearer(token)),
        server.post(asking, server.login("api"), "/oauth2/introspect"),
        flow.refresh(tokens["refresh_token"]),
        flow.redeem(code),
        server.ask("password", username="alice", password="alice's password"),
    ):
        assert response.status_int == 503, response
        assert response.json["error"] == "temporarily_unavailable"
        assert response.headers["Retry-After"] == "5"
    assert flow.ask().status_int == 503
    assert flow.browser.get("/oauth2/authorizations", status=503).content_type == "text/html"
    users.deleted = False
    assert server.get("/read", bearer(token)).status_int == 200
    assert flow.refresh(tokens["refresh_token"]).status_int == 200


def test_authenticate_raises(start: Callable[..., Any], caplog: Any):
    users = Users()
    pages, _ = start(users)
    users.deleted = True
    with caplog.at_level(logging.ERROR):
        failed = pages.server.ask("password", username="alice", password="alice's password")
    assert (failed.status_int, failed.json["error"]) == (503, "temporarily_unavailable")
    assert "no such row" in caplog.text
    assert "alice's password" not in caplog.text


class Logins(openid_provider.Users):
    """Users whose logins are in a table, which is away after a while."""

    def __init__(self) -> None:
        self.away = False

    def authentication(self, request: Any) -> Authentication:
        if self.away:
            raise LookupError("no such table")
        return super().authentication(request)


class LoginTimes(Logins):
    authentication = None

    def authenticated_at(self, request: Any) -> int:
        return Logins.authentication(self, request).auth_time or 0


@pytest.mark.parametrize("kind", [Logins, LoginTimes])
def test_authentication_raises(start_flow: Callable[..., Flow], kind: type[Logins], caplog: Any):
    """No one is signed in at clients, but users end what they allow, and sign out."""
    users = kind()
    flow = start_flow(
        lambda config: config.set_oauth2_resource_owners(users), **openid_provider.PROVIDER
    )
    tokens = openid_provider.give_scopes(flow).tokens(scope="openid read")
    decided = flow.page(scope="openid read", prompt="consent")
    users.away = True
    assert flow.ask(scope="openid read").status_int == 503
    assert flow.decide(decided).status_int == 503
    page = flow.browser.get("/oauth2/authorizations")
    assert "web" in words(page)
    (sign_out,) = (form for form in page.forms.values() if "session" in form.fields)
    assert sign_out.submit(status=303).follow().status_int == 200
    assert flow.refresh(tokens["refresh_token"]).json["error"] == "invalid_grant"
    hint = {"id_token_hint": tokens["id_token"]}
    asked = flow.browser.get("/oauth2/end_session", hint, status=200)
    asked.form.submit(status=303)
    assert flow.browser.get("/oauth2/authorizations", status=303).location.endswith(
        "authorizations"
    )
    assert "authentic" in caplog.text
    assert "no such table" in caplog.text

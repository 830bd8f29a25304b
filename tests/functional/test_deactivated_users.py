"""``IResourceOwners.is_active``: deactivating a user takes effect at once, everywhere."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pyramid_oauth2.testing import bearer as new_bearer

from . import host
from .flow import Flow, answer_in
from .server import bearer


class Users(host.Users):
    def __init__(self) -> None:
        self.gone: set[str] = set()

    def is_active(self, subject: str) -> bool:
        return subject not in self.gone

    def describe(self, subject: str) -> str:
        return f"Mr <{subject}>"


@pytest.fixture
def users() -> Users:
    return Users()


@pytest.fixture
def flow(start_flow: Callable[..., Flow], users: Users) -> Flow:
    return start_flow(lambda config: config.set_oauth2_resource_owners(users))


@pytest.mark.parametrize("path", ["/read", "/both", "/view", "/whoami"])
def test_at_a_resource(flow: Flow, users: Users, path: str):
    token = bearer(flow.tokens()["access_token"])
    assert flow.server.get(path, token).status_int == 200
    users.gone.add("bob")
    refused = flow.server.get(path, token)
    assert (refused.status_int, refused.json["error"]) == (401, "invalid_token")
    users.gone.clear()
    assert flow.server.get(path, token).status_int == 200


def test_others_and_clients_go_on(flow: Flow, users: Users):
    users.gone.add("bob")
    for subject in ("alice", None):
        headers = new_bearer(flow.server.app, subject, "read")
        assert flow.server.get("/read", headers).status_int == 200


def test_at_a_refresh(flow: Flow, users: Users):
    refresh_token = flow.tokens()["refresh_token"]
    users.gone.add("bob")
    refused = flow.refresh(refresh_token)
    assert (refused.status_int, refused.json["error"]) == (400, "invalid_grant")


def test_at_a_code(flow: Flow, users: Users):
    code = flow.code()
    users.gone.add("bob")
    refused = flow.redeem(code)
    assert (refused.status_int, refused.json["error"]) == (400, "invalid_grant")


def test_at_the_password_grant(flow: Flow, users: Users):
    users.gone.add("bob")
    form = {"grant_type": "password", "username": "bob", "password": "bob's password"}
    refused = flow.server.ask(**form)
    assert (refused.status_int, refused.json["error"]) == (400, "invalid_grant")


def test_at_the_consent(flow: Flow, users: Users):
    page = flow.page()
    users.gone.add("bob")
    assert flow.decide(page).status_int == 400


def test_where_the_consent_is_remembered(flow: Flow, users: Users):
    """The user is not asked, and nothing is issued nevertheless."""
    flow.allow()
    users.gone.add("bob")
    answer = flow.ask()
    assert "code=" not in answer.headers.get("Location", "")


@pytest.mark.parametrize("consent", ["remember", "skip"])
def test_without_a_page_the_client_gets_an_error(flow: Flow, users: Users, consent: str):
    """OpenID Connect Core section 3.1.2.1: prompt=none shows nothing, maybe in a hidden frame."""
    if consent == "remember":
        flow.allow()
    flow.edit(consent=consent)
    assert "code" in answer_in(flow.ask(prompt="none").location)
    users.gone.add("bob")
    assert answer_in(flow.ask(prompt="none").location)["error"] == "login_required"


def test_a_page_calls_the_user_as_the_application_does(flow: Flow):
    page = flow.page()
    assert "Mr &lt;bob&gt;" in page.text
    assert "<bob>" not in page.text


def test_without_describe_it_is_the_subject(start_flow: Callable[..., Flow]):
    flow = start_flow(lambda config: config.set_oauth2_resource_owners(host.Users()))
    assert flow.page().html.find("strong", string="bob") or "bob" in flow.page().text

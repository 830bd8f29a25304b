"""The page with an error of a client that anyone can register (RFC 9700 section 4.11.2)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from webtest import TestResponse

from tests.browser.application import configurator

from .flow import BACK, Flow, answer_in
from .test_audit import Log
from .test_pages import Visitor

NAME = "Your bank <b>calls</b>"


@pytest.fixture
def storage() -> dict[str, str]:
    """Nothing here depends on the store."""
    return {"oauth2.backend": "memory"}


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Log:
    return Log(caplog)


@pytest.fixture
def flow(start_flow: Callable[..., Flow]) -> Flow:
    flow = start_flow()
    flow.edit(owner="eve", client_name=NAME)
    return Flow(flow.server)


def main_of(page: TestResponse) -> str:
    return " ".join(page.html.body.get_text(" ").split())


def test_it_names_the_host_and_links_to_the_client(flow: Flow):
    page = flow.ask(scope="fly")
    assert (page.status_int, page.location) == (400, None)
    assert "You will be sent to client.example" in main_of(page)
    (link,) = page.html.select("main a")
    assert link.get_text() == "Go on to client.example"
    assert link["href"].startswith(f"{BACK}?")
    response = answer_in(link["href"])
    assert (response["error"], response["state"]) == ("invalid_scope", "xyz")
    assert "fly" in response["error_description"]


def test_it_has_no_text_of_the_client_or_the_request(flow: Flow):
    text = main_of(flow.ask(scope="call-0800-555-to-unlock-your-account", state="hurry"))
    assert not [each for each in ("0800", "hurry", "bank", "/back") if each in text]


def test_it_is_for_users_who_are_not_signed_in(flow: Flow):
    flow.log_in()
    assert answer_in(flow.ask(scope="fly").location)["error"] == "invalid_scope"
    flow.log_out()
    assert flow.ask(scope="fly").status_int == 400


def test_silent_authentication(flow: Flow):
    assert answer_in(flow.ask(prompt="none").location)["error"] == "login_required"


def test_a_client_of_an_operator(flow: Flow):
    flow.edit(owner=None)
    assert answer_in(flow.ask(scope="fly").location)["error"] == "invalid_scope"


def test_a_response_that_is_posted(flow: Flow):
    """By a button, and by no script."""
    page = flow.ask(scope="fly", response_mode="form_post")
    assert page.status_int == 400
    assert page.html.find("script") is None
    assert "script" not in page.headers["Content-Security-Policy"]
    assert page.form.action == BACK
    fields = dict(page.form.submit_fields())
    assert (fields["error"], fields["state"]) == ("invalid_scope", "xyz")
    assert page.html.select("main a") == []


def test_an_app_on_the_device(start_flow: Callable[..., Flow]):
    flow = start_flow(client_id="app")
    flow.server.service.clients.edit("app", source="registered")
    page = Flow(flow.server, "app").ask(scope="fly", redirect_uri="com.example.app:/back")
    assert "an app on this device: com.example.app" in main_of(page)
    (link,) = page.html.select("main a")
    assert link["href"].startswith("com.example.app:/back?error=")


def test_a_form_of_another_site(flow: Flow):
    page = flow.browser.post("/oauth2/authorize", flow.parameters(scope="fly"), status=400)
    assert page.html.select("main a")


def test_an_operator_sees_it(flow: Flow, log: Log):
    flow.ask(scope="fly")
    (line,) = log.read()
    assert (line["event"], line["check"]) == ("AuthorizationRefused", "scope_known")


@pytest.mark.parametrize(("language", "link"), [("de", "Weiter zu "), ("fr", "Continuer vers ")])
def test_in_other_languages(language: str, link: str):
    stranger = Visitor(configurator({"pyramid.default_locale_name": language}), user=None)
    stranger.register("hobby", owner="eve")
    page = stranger.ask("hobby", 400, scope="fly")
    assert f"{link}app.example" in main_of(page)

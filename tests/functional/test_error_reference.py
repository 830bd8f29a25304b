"""The reference number of an error page, by which operators find its line in the log."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import Any

import pytest
from webtest import TestResponse

from pyramid_oauth2 import get_service
from pyramid_oauth2.protocol.records import StoreUnavailable
from tests.browser.application import configurator

from .client_pages import APPLICATIONS, BACK, ClientPages
from .flow import Flow
from .test_pages import ERRORS, Visitor, go_wrong

LOG = "pyramid_oauth2.error_pages"
WEBSITE = "https://app.example/start"


def line_of(page: TestResponse, caplog: pytest.LogCaptureFixture) -> dict[str, Any]:
    """The members of the one line in the log with the page's number."""
    (number,) = (tag.string for tag in page.html.select(".about code") if len(tag.string) == 8)
    assert re.fullmatch("[2-9B-DF-HJ-NP-TV-Z]{8}", number)
    (record,) = (each for each in caplog.records if number in each.getMessage())
    assert record.name == LOG
    assert record.getMessage().startswith(f"reference={number} status={page.status_int} ")
    assert "\n" not in record.getMessage()
    assert record.levelno == (logging.ERROR if page.status_int >= 500 else logging.WARNING)
    members: dict[str, Any] = record.oauth2
    return members


CHECKS = {
    "unknown client": "client_usable",
    "removed client": "client_there",
    "wrong redirect": "redirect_uri_registered",
    "method": "method",
    "expired": "page_unexpired",
    "used": "page_unused",
    "deactivated": "user_active",
    "another browser": "page_of_browser",
    "no cookies": "page_with_cookie",
    "forged": "page_of_browser",
    "another user": "page_of_user",
    "nothing left": "scope_ticked",
    "store down": "store_available",
}


@pytest.mark.parametrize("how", ERRORS)
def test_the_line_says_which_check_refused(
    how: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    visitor = Visitor()
    visitor.register(client_name="Foto Print")
    line = line_of(go_wrong(visitor, how, monkeypatch), caplog)
    assert line["check"] == CHECKS[how]
    assert line["source"]
    assert line["reason"]


def test_a_store_that_fails_says_in_the_log_why(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    visitor = Visitor()
    visitor.register()
    page = go_wrong(visitor, "store down", monkeypatch)
    assert "no store today" not in page
    assert line_of(page, caplog)["reason"] == "The store cannot answer: no store today"


def test_two_pages_have_two_numbers():
    visitor = Visitor()
    pages = [visitor.ask("nobody", 400) for _ in range(2)]
    numbers = {page.html.select(".about code")[-1].string for page in pages}
    assert len(numbers) == 2


def test_too_many_requests(caplog: pytest.LogCaptureFixture):
    visitor = Visitor(configurator({"oauth2.throttle.interactions": "1/minute"}), user=None)
    visitor.register()
    pages = [visitor.ask(state="x" * 3900, status="*") for _ in range(3)]
    assert pages[-1].status_int == 429
    assert line_of(pages[-1], caplog)["check"] == "request_rate"


def test_a_cookie_that_cannot_be_read(caplog: pytest.LogCaptureFixture):
    headers = {"Cookie": 'any="\\377"', "Accept": "text/html"}
    page = Visitor(user=None).browser.get("/oauth2/authorize", headers=headers, status=400)
    assert line_of(page, caplog)["check"] == "cookie_encoding"


def test_an_error_of_a_client_that_a_user_registered(caplog: pytest.LogCaptureFixture):
    visitor = Visitor(user=None)
    visitor.register("hobby", owner="eve", scope=frozenset())
    page = visitor.ask("hobby", 400, scope="fly")
    assert page.html.h1.string == "The application made a mistake"
    line = line_of(page, caplog)
    assert line["check"] == "scope_known"
    assert "fly" in line["reason"]


def test_a_user_who_may_not_see_the_page(caplog: pytest.LogCaptureFixture):
    visitor = Visitor(configurator({"oauth2.admin": "true", "oauth2.admin_principals": "bob"}))
    environ = {"REMOTE_ADDR": "192.0.2.7"}
    page = visitor.browser.get("/oauth2/admin/clients", extra_environ=environ, status=403)
    line = line_of(page, caplog)
    assert line["remote_addr"] == "192.0.2.7"
    assert (line["check"], line["status"]) == ("page_allowed", 403)
    assert "oauth2.admin" in line["reason"]


@pytest.mark.parametrize(
    ("page", "query", "check"),
    [
        ("client", {"client_id": "none"}, "unknown_client"),
        ("", {"sort": "x"}, "unknown_page"),
        ("secret", {"client_id": "public"}, "public_client"),
    ],
)
def test_on_the_pages_of_clients(
    pages: ClientPages, page: str, query: dict[str, str], check: str, caplog: Any
):
    public = {"grant_types": ("authorization_code",), "redirect_uris": (BACK,)}
    pages.server.register("public", token_endpoint_auth_method="none", **public)
    line = line_of(pages.get(page, 404, **query), caplog)
    assert line["check"] == check
    assert line.get("client_id") == ("public" if check == "public_client" else None)


def test_a_form_of_another_site(pages: ClientPages, caplog: pytest.LogCaptureFixture):
    assert line_of(pages.post("disable", "robot", token=None, x="y"), caplog)["check"] == "forged"


def test_a_form_that_is_not_as_it_was_sent(pages: ClientPages, caplog: pytest.LogCaptureFixture):
    line = line_of(pages.post("edit", "robot", version="x"), caplog)
    assert (line["check"], line["compared_failed"]) == ("bad_form", "form_as_sent")


def test_what_registers_too_often(
    start_pages: Callable[..., ClientPages], caplog: pytest.LogCaptureFixture
):
    pages = ClientPages(start_pages(throttle__registrations="1/day").server, APPLICATIONS)
    pages.register()
    assert line_of(pages.register(), caplog)["check"] == "registered_too_often"


def test_withdrawing_by_a_form_of_another_browser(flow: Flow, caplog: pytest.LogCaptureFixture):
    page = flow.browser.post("/oauth2/authorizations", {"client_id": "web"}, status=403)
    assert line_of(page, caplog)["check"] == "form_of_browser_and_user"


def test_no_value_breaks_the_line(caplog: pytest.LogCaptureFixture):
    visitor = Visitor()
    visitor.register()
    page = visitor.ask(redirect_uri='https://evil.example/" check=x\nreference=y', status=400)
    line = line_of(page, caplog)
    assert "evil.example" in line["compared_sent"]


class TestTheWayToTheClient:
    """From a page of an error that is not sent to the client."""

    def wrong(self, **metadata: Any) -> TestResponse:
        visitor = Visitor()
        visitor.register(client_name="Foto Print", **metadata)
        if "disabled" in metadata.get("contacts", ()):
            get_service(visitor.registry).clients.disable("prints")
        return visitor.ask(redirect_uri="https://evil.example/", status=400)

    def test_to_the_website_that_an_operator_has_registered(self):
        page = self.wrong(client_uri=WEBSITE)
        assert page.html.main.a["href"] == WEBSITE
        assert page.html.main.a.get_text() == "Back to Foto Print"
        assert page.html.main.strong.string == "app.example"
        assert "evil.example" not in page

    @pytest.mark.parametrize(
        "metadata",
        [
            {},
            {"client_uri": WEBSITE, "owner": "eve"},
            {"client_uri": WEBSITE, "extra": {"source": "registered"}},
            {"client_uri": WEBSITE, "contacts": ("disabled",)},
        ],
    )
    def test_not_where_there_is_none_or_an_operator_did_not_register_it(
        self, metadata: dict[str, Any]
    ):
        page = self.wrong(**metadata)
        assert page.html.main.a is None

    def test_the_log_names_the_client(self, caplog: pytest.LogCaptureFixture):
        assert line_of(self.wrong(client_uri=WEBSITE), caplog)["client_id"] == "prints"

    def test_not_for_an_unknown_client(self):
        assert Visitor().ask("nobody", 400).html.main.a is None

    @pytest.mark.parametrize(
        "website",
        [
            *("javascript:alert(1)", "https://bank.example@evil.example/", "https://[evil"),
            *("https://evil.example\\.bank.example/", "https:///x", "https://a b/", "https://"),
            *("https://\tevil.example/", "https://b\u0430nk.example/"),
        ],
    )
    def test_nor_for_a_website_that_is_no_https_url(self, website: str):
        visitor = Visitor()
        visitor.register()
        uri = dict.fromkeys(("client_uri", "logo_uri", "tos_uri", "policy_uri"), website)
        assert get_service(visitor.registry).server.clients.edit("prints", 0, uri)
        page = visitor.ask(redirect_uri="https://evil.example/", status=400)
        assert page.html.main.a is None
        client = visitor.ask().html.find(class_="client")
        assert (client.a, client.img) == (None, None)


def test_a_store_that_fails_on_the_pages_of_clients(
    pages: ClientPages, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    def fail(*arguments: Any, **named: Any) -> None:
        raise StoreUnavailable("gone")

    monkeypatch.setattr(type(pages.server.service.server.clients), "search", fail)
    line = line_of(pages.get(status=503), caplog)
    assert (line["check"], line["reason"]) == ("store_available", "The store cannot answer: gone")

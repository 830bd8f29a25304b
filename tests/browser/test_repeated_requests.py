"""A slow network: people click twice, reload, go back, and open two tabs.

Each test ends where the person wanted to go, never on an error of ours, and no grant is opened
twice.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from pyramid_oauth2 import get_service
from pyramid_oauth2.protocol.records import Grant
from tests.devices import GRANT_TYPE, device_request, plug

from .application import advance_clock
from .conftest import Site
from .navigation import press
from .test_authorizations import allow
from .test_pages import ALLOW, DENY, LONG, arrived, come, scope_of, sign_in

LATENCY = 200  # milliseconds
AGAIN = "Sign in again"

OpenBrowser = Callable[..., BrowserContext]


def slow(page: Page) -> Page:
    """The page with a slow network; its present document stays clickable for that long."""
    session = page.context.new_cdp_session(page)
    conditions = {
        "offline": False,
        "latency": LATENCY,
        "downloadThroughput": -1,
        "uploadThroughput": -1,
    }
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", conditions)
    return page


@pytest.fixture
def page(page: Page) -> Page:
    return slow(page)


def click_twice(page: Page, button: str, milliseconds: int = 100) -> None:
    """Click a button, and once more before the response has arrived.

    :param button: a selector.
    """
    page.locator(button).evaluate(
        "(button, pause) => { button.click(); setTimeout(() => button.click(), pause) }",
        milliseconds,
    )


def go_at_once(*visits: tuple[Page, str]) -> None:
    """Have each tab load a URL, so that no response has arrived when the last request is sent."""
    for tab, url in visits:
        tab.evaluate("url => { setTimeout(() => { location.href = url }) }", url)


def grants(site: Site) -> tuple[Grant, ...]:
    return tuple(get_service(site.registry).server.grants.grants(subject="alice").items)


@pytest.fixture
def secret(site: Site) -> str:
    """The secret of the client ``diary``."""
    return site.register("diary", client_name="Diary", optional_scope=frozenset({"orders"}))


class TestConsent:
    @pytest.mark.parametrize("milliseconds", [30, 100, 150])
    def test_allow_clicked_twice(
        self, page: Page, site: Site, secret: str, milliseconds: int
    ) -> None:
        come(page, site, "diary", state="x")
        click_twice(page, ALLOW, milliseconds)
        answer = arrived(page, site)
        assert answer["state"] == "x"
        assert scope_of(site, answer, "diary", secret) == "albums orders profile"
        assert len(grants(site)) == 1

    def test_deny_clicked_twice(self, page: Page, site: Site) -> None:
        come(page, site)
        click_twice(page, DENY)
        assert arrived(page, site)["error"] == "access_denied"
        assert grants(site) == ()

    def test_the_form_sent_again_after_its_answer_was_lost(
        self, page: Page, site: Site, secret: str
    ) -> None:
        come(page, site, "diary")
        lost: list[str] = []

        def lose(route: Any) -> None:
            lost.append(route.fetch(max_redirects=0).headers["location"])
            route.abort("connectionreset")

        page.route("**/oauth2/authorize", lose, times=1)
        page.locator(ALLOW).evaluate("button => button.click()")
        expect(page).to_have_url("chrome-error://chromewebdata/")
        page.reload()
        answer = arrived(page, site)
        assert scope_of(site, answer, "diary", secret) == "albums orders profile"
        assert answer["code"] not in lost[0]
        assert len(grants(site)) == 1

    def test_reload_and_back(self, page: Page, site: Site) -> None:
        come(page, site)
        page.reload()
        page.goto("about:blank")
        page.go_back()
        page.click(ALLOW)
        assert "code" in arrived(page, site)
        assert len(grants(site)) == 1

    def test_two_tabs_of_a_browser_without_our_cookie(
        self, site: Site, open_browser: OpenBrowser, secret: str
    ) -> None:
        """Each sets a cookie, and one of them stays."""
        tabs = signed_in_tabs(site, open_browser)
        urls = [site.authorize("diary", state=state) for state in "12"]
        go_at_once(*zip(tabs, urls, strict=True))
        for tab in tabs:
            expect(tab.locator(ALLOW)).to_be_visible()
        for tab, state in zip(tabs, "12", strict=True):
            click_twice(tab, ALLOW)
            assert arrived(tab, site)["state"] == state
        assert len(grants(site)) == 2

    def test_two_tabs_of_a_new_browser_with_requests_that_are_stored(
        self, site: Site, open_browser: OpenBrowser
    ) -> None:
        context = open_browser()
        tabs = [slow(context.new_page()) for _ in "12"]
        for tab in tabs:
            tab.goto(f"{site.url}/login")
        urls = [site.authorize(state=LONG + state) for state in "12"]
        go_at_once(*zip(tabs, urls, strict=True))
        for tab in tabs:
            tab.wait_for_url("**/login?next=**")
        for tab in tabs:
            sign_in(tab)
            expect(tab.locator(ALLOW)).to_be_visible()
        for tab, state in zip(tabs, "12", strict=True):
            tab.click(ALLOW)
            assert arrived(tab, site)["state"] == LONG + state
        assert len(grants(site)) == 2

    def test_an_expired_page_leads_back_to_the_client(self, page: Page, site: Site) -> None:
        come(page, site, state="x")
        advance_clock(site.registry, 601)
        click_twice(page, ALLOW)
        expect(page.get_by_role("heading", level=1)).to_have_text("This page has expired")
        page.get_by_role("link", name="Back to Foto Print").click()
        answer = arrived(page, site)
        assert (answer["error"], answer["state"]) == ("access_denied", "x")

    def test_an_expired_page_leads_back_by_a_form(self, page: Page, site: Site) -> None:
        come(page, site, state="x", response_mode="form_post")
        advance_clock(site.registry, 601)
        page.click(ALLOW)
        page.get_by_role("button", name="Back to Foto Print").click()
        answer = arrived(page, site)
        assert (answer["method"], answer["error"]) == ("POST", "access_denied")


class TestLoginDemand:
    def test_the_button_clicked_twice(self, page: Page, site: Site) -> None:
        come(page, site)
        page.goto(site.authorize(prompt="login", state="x"))
        click_twice(page, "main button")
        expect(page).to_have_title("Sign in")
        page.get_by_label("Name").fill("alice")
        click_twice(page, "button")
        expect(page.locator(ALLOW)).to_be_visible()
        click_twice(page, ALLOW)
        assert arrived(page, site)["state"] == "x"
        assert len(grants(site)) == 1

    def test_reload_and_back(self, page: Page, site: Site) -> None:
        come(page, site)
        page.goto(site.authorize(prompt="login"))
        page.reload()
        page.get_by_role("button", name=AGAIN).click()
        expect(page).to_have_title("Sign in")
        page.reload()
        sign_in(page)
        expect(page.locator(ALLOW)).to_be_visible()
        page.reload()
        page.click(ALLOW)
        assert "code" in arrived(page, site)
        assert len(grants(site)) == 1

    def test_two_tabs(self, page: Page, site: Site) -> None:
        """The other tab's page still ends the login, which is a new one."""
        come(page, site)
        other = slow(page.context.new_page())
        for tab, state in ((page, "1"), (other, "2")):
            tab.goto(site.authorize(prompt="login consent", state=state))
        for tab, state in ((page, "1"), (other, "2")):
            tab.get_by_role("button", name=AGAIN).click()
            sign_in(tab)
            tab.click(ALLOW)
            assert arrived(tab, site)["state"] == state
        assert len(grants(site)) == 2


class TestDonePage:
    @pytest.fixture
    def consent(self, page: Page, site: Site) -> Page:
        plug(site.registry)
        site.register("tv", client_name="Television", grant_types=(GRANT_TYPE,))
        page.goto(site.url + device_request(site.registry, "tv"))
        sign_in(page)
        expect(page.locator(ALLOW)).to_be_visible()
        return page

    @pytest.mark.parametrize(
        ("button", "title", "opened"), [(ALLOW, "Done", 1), (DENY, "Nothing was allowed", 0)]
    )
    def test_clicked_twice_and_reloaded(
        self, consent: Page, site: Site, button: str, title: str, opened: int
    ) -> None:
        click_twice(consent, button)
        expect(consent.get_by_role("heading", level=1)).to_have_text(title)
        consent.reload()
        expect(consent.get_by_role("heading", level=1)).to_have_text(title)
        assert len(grants(site)) == opened

    def test_back_from_it(self, consent: Page, site: Site) -> None:
        """It says that the page was answered, not that anything went wrong."""
        consent.click(ALLOW)
        expect(consent.get_by_role("heading", level=1)).to_have_text("Done")
        consent.go_back()
        expect(consent.get_by_role("heading", level=1)).to_have_text("This page was used already")
        assert len(grants(site)) == 1


class TestAuthorizations:
    @pytest.mark.parametrize("milliseconds", [30, 150])
    def test_withdraw_clicked_twice(self, page: Page, site: Site, milliseconds: int) -> None:
        allow(site, "prints", "albums")
        page.goto(f"{site.url}/oauth2/authorizations")
        sign_in(page)
        press(page.locator("#withdraw-1"))
        click_twice(page, "main button.danger", milliseconds)
        expect(page.get_by_role("status")).to_contain_text("has lost its access")
        page.reload()
        page.go_back()
        expect(page.get_by_role("heading", level=1)).to_have_text(
            "Applications that may use your account"
        )

    def test_two_tabs_of_a_browser_without_our_cookie(
        self, site: Site, open_browser: OpenBrowser, secret: str
    ) -> None:
        for client_id in ("prints", "diary"):
            allow(site, client_id, "albums")
        tabs = signed_in_tabs(site, open_browser)
        go_at_once(*((tab, f"{site.url}/oauth2/authorizations") for tab in tabs))
        names = ("Foto Print", "Diary")
        for tab in tabs:
            expect(tab.get_by_role("article")).to_have_count(2)
        for tab, name in zip(tabs, names, strict=True):
            press(tab.get_by_role("link", name=f"Withdraw {name}"))
        for tab in tabs:
            press(tab.get_by_role("button", name="Withdraw"))
            expect(tab.get_by_role("status")).to_contain_text("has lost its access")
        expect(tabs[1].get_by_role("article")).to_have_count(0)


def signed_in_tabs(site: Site, open_browser: OpenBrowser) -> list[Page]:
    """Two tabs of a browser that is signed in, and has not been on a page of ours."""
    context = open_browser()
    tabs = [slow(context.new_page()) for _ in "12"]
    tabs[0].goto(f"{site.url}/login")
    sign_in(tabs[0])
    for tab in tabs:
        tab.goto(f"{site.url}/login")
    assert not [each for each in context.cookies() if each.get("name") == "oauth2_browser"]
    return tabs

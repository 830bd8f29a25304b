"""What operators and users do on the pages for clients, in a real browser."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import BrowserContext, Error, Page, expect

from pyramid_oauth2 import get_service

from .application import CookiePolicy, configurator
from .conftest import served
from .navigation import log_in, press
from .test_pages import CONTRAST, SAMPLE, heading, is_wide_as_the_window, sign_in
from .test_repeated_requests import click_twice, slow

ADMIN, APPLICATIONS = "/oauth2/admin/clients", "/oauth2/applications"
LONG = "https://" + "sub." * 40 + "example/" + "path/" * 100


class BobIsAdmin(CookiePolicy):
    def permits(self, request: Any, context: Any, permission: str) -> bool:
        return permission == "oauth2.admin" and self.identity(request) == "bob"


class Site:
    """An application with both sets of pages switched on."""

    def __init__(self, registry: Any, url: str) -> None:
        self.registry, self.url = registry, url
        self.clients = get_service(registry).clients

    def token(self, client_id: str, secret: str) -> str:
        """A token that the client gets for itself."""
        pair = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
        form = urlencode({"grant_type": "client_credentials"}).encode()
        request = Request(f"{self.url}/oauth2/token", form, {"Authorization": f"Basic {pair}"})
        with urlopen(request) as answer:
            return str(json.load(answer)["access_token"])


@pytest.fixture
def site() -> Iterator[Site]:
    late: list[Any] = []
    with served(lambda *arguments: late[0](*arguments)) as port:
        url = f"http://localhost:{port}"
        config = configurator(
            {
                "oauth2.issuer": url,
                "oauth2.admin": "true",
                "oauth2.admin_principals": "bob",
                "oauth2.self_service": "true",
            },
            BobIsAdmin(),
        )
        late.append(config.make_wsgi_app())
        yield Site(config.registry, url)


def come(page: Page, site: Site, root: str = ADMIN, user: str = "bob") -> None:
    """Sign in, and go to the clients."""
    log_in(page, site.url, user)
    page.goto(f"{site.url}{root}")


def register_service(page: Page, name: str = "Nightly") -> tuple[str, str]:
    """Register a service by its form; its client_id and its secret."""
    press(page.get_by_role("navigation").get_by_role("link", name="Register a client"))
    press(page.get_by_role("link", name="A service without users"))
    page.get_by_role("textbox", name="Name", exact=True).fill(name)
    page.get_by_label("albums").check()
    press(page.get_by_role("button", name="Register"))
    assert heading(page) == "The client is registered"
    return page.locator("code.copy").inner_text(), page.get_by_label("client_secret").input_value()


def test_from_registering_to_deleting(any_page: Page, site: Site) -> None:
    page = any_page
    come(page, site)
    client_id, secret = register_service(page)
    assert site.token(client_id, secret).startswith("oat_")
    press(page.get_by_role("link", name="I have copied it"))
    assert secret not in page.content()

    press(page.get_by_role("link", name="Edit"))
    page.get_by_role("textbox", name="Name", exact=True).fill("Daily")
    press(page.get_by_role("button", name="Save"))
    expect(page.get_by_role("status")).to_have_text("The changes are saved.")
    assert heading(page) == "Daily"

    press(page.get_by_role("link", name="New secret"))
    page.get_by_label("in an hour").check()
    press(page.get_by_role("button", name="Make a new secret"))
    newer = page.get_by_label("client_secret").input_value()
    assert len({site.token(client_id, one) for one in (secret, newer)}) == 2
    press(page.get_by_role("link", name="I have copied it"))
    press(page.get_by_role("link", name="End the earlier one now"))
    press(page.get_by_role("button", name="End it"))
    expect(page.get_by_role("status")).to_have_text("Only the newest secret counts now.")

    press(page.get_by_role("link", name="Disable"))
    press(page.get_by_role("button", name="Disable"))
    assert heading(page) == "Daily disabled"
    press(page.get_by_role("link", name="Delete"))
    page.get_by_label("To be sure").fill("Daily")
    press(page.get_by_role("button", name="Delete"))
    expect(page.get_by_role("status")).to_have_text("The client was deleted.")


def test_the_page_with_a_secret_is_not_shown_again(page: Page, site: Site) -> None:
    come(page, site)
    _, secret = register_service(page)
    press(page.get_by_role("link", name="I have copied it"))
    assert secret not in page.content()
    # The browser has kept nothing, and will not send the form again by itself.
    with pytest.raises(Error, match="ERR_CACHE_MISS"):
        page.go_back()
    assert len(site.clients.search().items) == 1


def test_a_double_click_registers_one_client(page: Page, site: Site) -> None:
    come(page, site)
    page.goto(f"{site.url}{ADMIN}/register?kind=machine")
    page.get_by_role("textbox", name="Name", exact=True).fill("Nightly")
    page.get_by_label("albums").check()
    page.get_by_role("button", name="Register").dblclick()
    answered = re.compile("The client is registered|This form was sent already")
    expect(page.get_by_role("heading", level=1)).to_have_text(answered)
    assert len(site.clients.search().items) == 1


@pytest.mark.parametrize("milliseconds", [30, 150])
def test_every_button_clicked_twice(page: Page, site: Site, milliseconds: int) -> None:
    """The second response is the one that the browser shows: it is that of the first."""
    come(slow(page), site)
    client_id, _ = register_service(page)
    here = f"{site.url}{ADMIN}/{{}}?client_id={client_id}"

    def send_twice(name: str, says: str) -> None:
        click_twice(page, "form[method=post] button", milliseconds)
        expect(page.get_by_role("status")).to_contain_text(says)
        page.reload()
        expect(page.get_by_role("status")).to_contain_text(says)

    page.goto(here.format("edit"))
    page.get_by_role("textbox", name="Name", exact=True).fill("Daily")
    send_twice("edit", "saved")
    for name, says in (
        ("withdraw", "tokens"),
        ("disable", "disabled"),
        ("enable", "may ask for tokens"),
    ):
        page.goto(here.format(name))
        send_twice(name, says)
    page.goto(here.format("delete"))
    page.get_by_role("textbox").fill("Daily")
    send_twice("delete", "The client was deleted.")
    assert site.clients.search().items == ()


def test_by_keyboard_alone(page: Page, site: Site) -> None:
    come(page, site)

    def tab_to(text: str) -> None:
        for _ in range(40):
            page.keyboard.press("Tab")
            focused = "document.activeElement"
            if page.evaluate(f"({focused}.innerText || {focused}.name)").strip() == text:
                outline = page.evaluate(f"getComputedStyle({focused}).outlineStyle")
                assert outline == "solid", f"nobody sees where {text} is"
                return
        raise AssertionError(f"{text} is not reached")

    for text in ("Register a client", "A service without users"):
        tab_to(text)
        with page.expect_navigation():
            page.keyboard.press("Enter")
    tab_to("client_name")
    page.keyboard.type("Nightly")
    tab_to("scope")
    page.keyboard.press("Space")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("The client is registered")
    page.get_by_label("client_secret").focus()
    page.keyboard.press("Control+A")
    selected = "document.activeElement.value.slice(document.activeElement.selectionStart)"
    assert page.evaluate(selected).startswith("ocs_")


def test_a_mistake_is_told_beside_its_field(any_page: Page, site: Site) -> None:
    page = any_page
    come(page, site, APPLICATIONS, "alice")
    press(page.get_by_role("navigation").get_by_role("link", name="Register a client"))
    press(page.get_by_role("link", name="A web application on a server"))
    page.get_by_role("textbox", name="Name", exact=True).fill("Shop")
    page.get_by_label("Redirect URIs").fill("http://shop.example/")
    page.get_by_label("See your photos and albums").check()
    press(page.get_by_role("button", name="Register"))
    expect(page.get_by_role("alert")).to_contain_text("Nothing was saved.")
    expect(page.get_by_label("Redirect URIs")).to_have_value("http://shop.example/")
    expect(page.get_by_label("Redirect URIs")).to_have_accessible_description(
        re.compile("'http://shop.example/' is http on a public host; use https")
    )


def test_a_user_registers_a_client_of_their_own(any_page: Page, site: Site) -> None:
    page = any_page
    page.goto(f"{site.url}{APPLICATIONS}")
    sign_in(page, "alice")
    assert heading(page) == "Your clients"
    press(page.get_by_role("navigation").get_by_role("link", name="Register a client"))
    expect(page.get_by_role("link", name="A service without users")).to_have_count(0)
    press(page.get_by_role("link", name="An app on a phone or a computer"))
    page.get_by_role("textbox", name="Name", exact=True).fill("Diary")
    page.get_by_label("Redirect URIs").fill("com.example.diary:/back")
    page.get_by_label("See your photos and albums").check()
    press(page.get_by_role("button", name="Register"))
    expect(page.get_by_role("status")).to_contain_text("It is public, so it has no secret.")
    (client,) = site.clients.search(owner="alice").items
    assert client.redirect_uris == ("com.example.diary:/back",)


def pages_of(site: Site, client_id: str) -> list[str]:
    named = ("client", "edit", "secret", "disable", "delete", "grants")
    pages = [f"{ADMIN}/{page}?client_id={client_id}" for page in named]
    return [ADMIN, f"{ADMIN}/register", f"{ADMIN}/register?kind=single-page", *pages]


@pytest.mark.parametrize("name", ["W" * 200, "Ein recht langer Name " * 8])
@pytest.mark.parametrize(("width", "scheme", "language", "script"), SAMPLE[:4])
def test_nothing_sticks_out(
    width: int,
    scheme: str,
    language: str,
    script: bool,
    name: str,
    site: Site,
    open_browser: Any,
) -> None:
    page = open_browser(
        viewport={"width": width, "height": 800},
        color_scheme=scheme,
        locale=language,
        java_script_enabled=script,
    ).new_page()
    come(page, site)
    registered = site.clients.add(
        client_name=name.strip(), redirect_uris=(LONG,), owner="w" * 200, logo_uri=LONG
    )
    for path in pages_of(site, registered.client.client_id):
        page.goto(site.url + path)
        assert is_wide_as_the_window(page), path


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast(scheme: str, site: Site, open_browser: Callable[..., BrowserContext]) -> None:
    """WCAG 2.2, 1.4.3 (AA): 4.5 to 1."""
    page = open_browser(color_scheme=scheme).new_page()
    come(page, site)
    client_id, _ = register_service(page)
    measured = page.evaluate(CONTRAST)
    site.clients.disable(client_id)
    for path in (*pages_of(site, client_id), f"{ADMIN}/client"):
        page.goto(site.url + path)
        measured += page.evaluate(CONTRAST)
    assert len(measured) > 100
    assert [found for found in measured if found[1] < 4.5] == []

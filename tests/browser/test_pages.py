"""What people do on the pages of the authorization endpoint, in a real browser."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Page, expect

from pyramid_oauth2 import get_service

from .application import VERIFIER, advance_clock
from .conftest import PHONE, Site
from .navigation import log_in, press

NARROW = {"width": 320, "height": 640}

ALLOW, DENY = "button[value=allow]", "button[value=deny]"


def sign_in(page: Page, name: str = "alice") -> None:
    """Fill in the application's own form, and send it."""
    expect(page).to_have_title("Sign in")
    page.get_by_label("Name").fill(name)
    press(page.get_by_role("button", name="Sign in"))


# Too long for the login's URL, so that the request is stored and its page has a URL.
LONG = "x" * 3600


def come(page: Page, site: Site, client_id: str = "prints", **parameters: str) -> None:
    """Follow the client's link, sign in, and arrive at the consent page."""
    page.goto(site.authorize(client_id, **parameters))
    sign_in(page)
    expect(page.locator(ALLOW)).to_be_visible()


def arrived(page: Page, site: Site) -> dict[str, str]:
    """The parameters with which the tab is at the client's callback page now.

    A second click aborts the navigation of the first, so no single navigation is waited for.
    """
    expect(page).to_have_url(re.compile(f"{re.escape(site.client_url)}/callback"))
    page.wait_for_load_state()
    return site.client.arrived[-1]


def scope_of(site: Site, answer: dict[str, str], client_id: str, secret: str) -> str:
    """Redeem the code as the client does, and return the scope of the token."""
    form = {
        "grant_type": "authorization_code",
        "code": answer["code"],
        "code_verifier": VERIFIER,
        "client_id": client_id,
        "client_secret": secret,
    }
    request = Request(f"{site.url}/oauth2/token", urlencode(form).encode())
    with urlopen(request) as response:
        found = re.search(rb'"scope": ?"([^"]*)"', response.read())
    assert found
    return found[1].decode()


def heading(page: Page) -> str:
    return page.get_by_role("heading", level=1).inner_text()


def is_wide_as_the_window(page: Page) -> bool:
    """Whether the page is not wider than the window."""
    script = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    return bool(page.evaluate(script))


def test_sign_in_and_allow(any_page: Page, site: Site) -> None:
    come(any_page, site, state="ä %&<")
    assert any_page.get_by_role("heading", level=2).first.inner_text() == "Foto Print"
    expect(any_page.get_by_text("You are signed in as alice.")).to_be_visible()
    any_page.click(ALLOW)
    answer = arrived(any_page, site)
    assert answer["code"].startswith("oac_")
    assert answer["state"] == "ä %&<"
    assert answer["iss"] == site.url


def test_deny(any_page: Page, site: Site) -> None:
    come(any_page, site, state="x")
    any_page.click(DENY)
    answer = arrived(any_page, site)
    assert (answer["error"], answer["state"]) == ("access_denied", "x")
    assert "code" not in answer


def test_untick_a_scope(page: Page, site: Site) -> None:
    secret = site.register("diary", optional_scope=frozenset({"orders", "profile"}))
    come(page, site, "diary")
    assert page.get_by_role("checkbox").count() == 2
    page.get_by_label("Order prints in your name").uncheck()
    page.click(ALLOW)
    assert scope_of(site, arrived(page, site), "diary", secret) == "albums profile"


def test_untick_everything(page: Page, site: Site) -> None:
    known = get_service(site.registry).server.known_scopes
    site.register("diary", optional_scope=known)
    come(page, site, "diary")
    for box in page.get_by_role("checkbox").all():
        box.uncheck()
    press(page.locator(ALLOW))
    assert heading(page) == "Nothing is left to allow"
    page.go_back()
    page.get_by_label("Order prints in your name").check()
    page.click(ALLOW)
    assert "code" in arrived(page, site)


def test_what_was_allowed_is_remembered(page: Page, site: Site) -> None:
    come(page, site)
    page.click(ALLOW)
    first = arrived(page, site)["code"]
    page.goto(site.authorize())
    assert arrived(page, site)["code"] != first
    page.goto(site.authorize(prompt="consent"))
    expect(page.locator(ALLOW)).to_be_visible()


def test_what_was_denied_is_asked_again(page: Page, site: Site) -> None:
    come(page, site)
    page.click(DENY)
    arrived(page, site)
    page.goto(site.authorize())
    expect(page.locator(ALLOW)).to_be_visible()


def test_leave_and_come_back(page: Page, site: Site) -> None:
    come(page, site)
    consent = page.url
    page.goto("about:blank")
    page.goto(consent)
    page.reload()
    page.click(ALLOW)
    assert "code" in arrived(page, site)


def test_two_tabs_at_once_before_anybody_is_signed_in(page: Page, site: Site) -> None:
    site.register("diary", client_name="Diary")
    other = page.context.new_page()
    page.goto(site.authorize(state="first"))
    other.goto(site.authorize("diary", state="second"))
    sign_in(page)
    # The second tab still shows the form; the first tab's login is valid for it too.
    sign_in(other)
    assert other.get_by_role("heading", level=2).first.inner_text() == "Diary"
    page.click(ALLOW)
    assert arrived(page, site)["state"] == "first"
    other.click(ALLOW)
    assert arrived(other, site)["state"] == "second"


def test_a_wrong_redirect_uri_stays_here(any_page: Page, site: Site) -> None:
    any_page.goto(site.authorize(redirect_uri="https://evil.example/<script>alert(1)</script>"))
    assert heading(any_page) == "The application made a mistake"
    expect(any_page.get_by_text("invalid_request")).to_be_visible()
    assert "evil" not in any_page.content()
    assert any_page.url.startswith(site.url)


def test_an_unknown_client(any_page: Page, site: Site) -> None:
    any_page.goto(site.authorize("<img src=x onerror=alert(1)>"))
    assert heading(any_page) == "This application is not known here"
    assert "onerror" not in any_page.content()


def test_an_expired_page(page: Page, site: Site) -> None:
    come(page, site)
    advance_clock(site.registry, 601)
    press(page.locator(ALLOW))
    assert heading(page) == "This page has expired"
    assert site.client.arrived == []


def test_a_used_page(page: Page, site: Site) -> None:
    come(page, site, state=LONG)
    consent = page.url
    page.click(DENY)
    arrived(page, site)
    page.goto(consent)
    assert heading(page) == "This page was used already"


def test_back_after_deny(page: Page, site: Site) -> None:
    """The page before is the client's request, so the user is asked again."""
    come(page, site)
    page.click(DENY)
    arrived(page, site)
    page.go_back()
    page.click(ALLOW)
    page.wait_for_url(f"{site.client_url}/callback?code=*")


def test_back_after_allow(page: Page, site: Site) -> None:
    """The request is made again, and the user has allowed it."""
    come(page, site)
    page.click(ALLOW)
    first = arrived(page, site)
    page.go_back()
    page.wait_for_url(f"{site.client_url}/callback**")
    assert site.client.arrived[-1]["code"] != first["code"]


def test_a_double_click(page: Page, site: Site) -> None:
    come(page, site)
    page.dblclick(ALLOW)
    assert "code" in arrived(page, site)


def test_somebody_else_signs_in_meanwhile(page: Page, site: Site) -> None:
    come(page, site)
    other = page.context.new_page()
    log_in(other, site.url, "bob")
    press(page.locator(ALLOW))
    assert heading(page) == "Somebody else is signed in now"
    assert site.client.arrived == []
    # And bob can continue with his own page.
    other.goto(site.authorize())
    expect(other.get_by_text("You are signed in as bob.")).to_be_visible()
    other.click(ALLOW)
    assert "code" in arrived(other, site)


def test_a_page_of_another_browser(page: Page, site: Site, open_browser: Any) -> None:
    come(page, site, state=LONG)
    stranger = open_browser().new_page()
    stranger.goto(page.url)
    assert heading(stranger) == "This page belongs to another browser"


def test_a_browser_that_keeps_no_cookies(page: Page, site: Site) -> None:
    come(page, site)
    page.context.clear_cookies(name="oauth2_browser")
    press(page.locator(ALLOW))
    assert heading(page) == "This page belongs to another browser"
    assert site.client.arrived == []


def test_prompt_login(any_page: Page, site: Site) -> None:
    come(any_page, site)
    any_page.goto(site.authorize(prompt="login"))
    assert heading(any_page) == "Foto Print asks you to sign in again"
    expect(any_page.get_by_text("You are signed in as alice.")).to_be_visible()
    any_page.get_by_role("button", name="Sign in again").click()
    sign_in(any_page, "bob")
    expect(any_page.get_by_text("You are signed in as bob.")).to_be_visible()
    any_page.click(ALLOW)
    assert "code" in arrived(any_page, site)


def test_prompt_login_with_the_keyboard(page: Page, site: Site) -> None:
    come(page, site)
    page.goto(site.authorize(prompt="login"))
    page.keyboard.press("Tab")
    button = page.get_by_role("button", name="Sign in again")
    expect(button).to_be_focused()
    box = button.bounding_box()
    assert box is not None
    assert box["height"] >= 44
    page.keyboard.press("Enter")
    sign_in(page)
    expect(page.locator(ALLOW)).to_be_visible()


def test_back_after_a_new_login(page: Page, site: Site) -> None:
    """One mark gives one code, so the user is asked to sign in once more."""
    come(page, site)
    page.goto(site.authorize(prompt="login"))
    page.get_by_role("button", name="Sign in again").click()
    sign_in(page)
    page.click(ALLOW)
    first = arrived(page, site)
    page.go_back()
    assert heading(page) == "Foto Print asks you to sign in again"
    assert site.client.arrived == [first]


def test_keyboard_only(page: Page, site: Site) -> None:
    page.goto(site.authorize())
    page.keyboard.press("Tab")
    page.keyboard.type("alice")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.locator(ALLOW)).to_be_visible()
    stops = []
    for _ in range(6):
        page.keyboard.press("Tab")
        element = "document.activeElement"
        stops.append(page.evaluate(f"{element}.value || {element}.textContent"))
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid", f"nobody sees where {stops[-1]} is"
    assert stops == [
        "Not you?",
        "orders",
        "profile",
        "the applications that may use your account",
        "allow",
        "deny",
    ]
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    assert "code" in arrived(page, site)


@pytest.mark.parametrize("kind", ["phone", "without JavaScript"])
def test_not_you(kind: str, site: Site, open_browser: Any) -> None:
    """The whole way: the wrong account, signing out, and the same request as another user."""
    options = {"phone": {"viewport": NARROW}, "without JavaScript": {"java_script_enabled": False}}
    page = open_browser(**options[kind]).new_page()
    come(page, site, state="kept")
    press(page.get_by_role("link", name="Not you?"))
    assert heading(page) == "Use another account?"
    assert is_wide_as_the_window(page)
    press(page.get_by_role("button", name="Sign out"))
    sign_in(page, "bob")
    expect(page.get_by_text("You are signed in as bob.")).to_be_visible()
    page.click(ALLOW)
    answer = arrived(page, site)
    assert answer["state"] == "kept"
    (grant,) = get_service(site.registry).server.grants.grants(client_id="prints").items
    assert grant.subject == "bob"


# Each pair of a width, a scheme and a language, and each of them with and without script.
SAMPLE = [
    (320, "light", "de", True),
    (320, "dark", "en", False),
    (320, "light", "fr", False),
    (768, "dark", "de", False),
    (768, "light", "en", True),
    (768, "dark", "fr", True),
    (1600, "light", "de", False),
    (1600, "dark", "en", True),
    (1600, "light", "fr", True),
]


@pytest.mark.parametrize(("width", "scheme", "language", "script"), SAMPLE)
def test_every_page_fits(
    width: int, scheme: str, language: str, script: bool, site: Site, open_browser: Any
) -> None:
    site.register("long", client_name="W" * 200, owner="eve" * 40)
    page = open_browser(
        viewport={"width": width, "height": 800},
        color_scheme=scheme,
        locale=language,
        java_script_enabled=script,
    ).new_page()
    come(page, site, "long")
    page.click(ALLOW)
    arrived(page, site)
    for path in (
        site.authorize("long", prompt="consent"),
        site.authorize("long", prompt="login"),
        site.authorize("nobody"),
        f"{site.url}/oauth2/authorizations",
        f"{site.url}/oauth2/authorizations?client_id=long",
        f"{site.url}/oauth2/sign_out",
    ):
        page.goto(path)
        assert page.locator("html").get_attribute("lang") == language
        assert is_wide_as_the_window(page), path
        if script:
            assert [found for found in page.evaluate(CONTRAST) if found[1] < 4.5] == []


def test_deny_is_as_easy_as_allow(any_page: Page, site: Site) -> None:
    come(any_page, site)
    allow, deny = (any_page.locator(button).bounding_box() for button in (ALLOW, DENY))
    assert allow is not None
    assert deny is not None
    assert {**allow, "x": 0} == {**deny, "x": 0}
    assert deny["height"] >= 44


@pytest.mark.parametrize("name", ["Foto Print", "W" * 200, "Ein recht langer Name " * 8])
def test_nothing_sticks_out_on_a_phone(name: str, site: Site, open_browser: Any) -> None:
    page = open_browser(viewport=PHONE).new_page()
    # No letter can be broken between: the longest of each that the pages show.
    site.register("long", f"https://{'sub.' * 40}example/callback", client_name=name.strip())
    come(page, site, "long")
    assert is_wide_as_the_window(page)
    page.goto(site.authorize("long", prompt="login"))
    assert is_wide_as_the_window(page)
    page.goto(site.authorize("nobody"))
    assert is_wide_as_the_window(page)


def test_a_client_on_another_origin_with_https(page: Page, site: Site) -> None:
    site.register("shop", "https://app.example/callback?tenant=1", client_name="Shop")
    come(page, site, "shop")
    expect(page.get_by_text("You will be sent to app.example.")).to_be_visible()
    # Chromium sends no request to an origin that the page's form-action leaves out.
    with page.expect_request("https://app.example/callback?tenant=1&code=oac_**"):
        page.click(ALLOW)


def test_an_app_with_a_scheme_of_its_own(page: Page, site: Site) -> None:
    site.register("app", "com.example.app://bank.example/done", token_endpoint_auth_method="none")
    come(page, site, "app")
    # What follows the scheme looks like a host, but is not one.
    expect(page.get_by_text("an app on this device: com.example.app")).to_be_visible()
    assert "bank.example" not in page.inner_text("body")
    with page.expect_response(lambda answer: answer.request.method == "POST") as answer:
        page.click(ALLOW)
    location = answer.value.headers["location"]
    assert location.startswith("com.example.app://bank.example/done?")
    assert "code" in parse_qs(urlsplit(location).query)


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("button", [ALLOW, DENY])
def test_form_post(scripts: bool, button: str, site: Site, open_browser: Any) -> None:
    page = open_browser(java_script_enabled=scripts).new_page()
    come(page, site, response_mode="form_post", state='"><b>')
    if scripts:
        page.click(button)
    else:
        press(page.locator(button))
        assert heading(page) == "One more step"
        page.get_by_role("button", name="Continue").click()
    answer = arrived(page, site)
    assert answer["method"] == "POST"
    assert answer["state"] == '"><b>'
    assert ("code" in answer) is (button == ALLOW)


def test_the_pages_have_their_style_and_the_logo(page: Page, site: Site) -> None:
    image = b'<svg xmlns="http://www.w3.org/2000/svg" width="20" height="10"/>'
    page.route(
        "https://app.example/logo.svg",
        lambda route: route.fulfill(body=image, content_type="image/svg+xml"),
    )
    site.register("shop", client_name="Shop", logo_uri="https://app.example/logo.svg")
    come(page, site, "shop")
    assert page.evaluate("document.querySelector('img').naturalWidth") == 20
    assert page.evaluate("getComputedStyle(document.querySelector('.decision')).display") == "grid"


def test_the_policy_stops_what_is_not_ours(page: Page, site: Site, complaints: list[str]) -> None:
    come(page, site)
    paragraph = '<p style="color: red">x</p>'
    with page.context.expect_console_message():
        page.evaluate("html => document.body.insertAdjacentHTML('beforeend', html)", paragraph)
    (complaint,) = complaints
    assert "Content Security Policy" in complaint
    # Expected here. Every other test must end without complaints.
    complaints.clear()


CONTRAST = """
() => {
  const luminance = color => {
    const [r, g, b] = color.match(/[0-9.]+/g).slice(0, 3).map(value => value / 255)
      .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const background = element => {
    const color = getComputedStyle(element).backgroundColor
    return color === "rgba(0, 0, 0, 0)" ? background(element.parentElement) : color
  }
  return [...document.querySelectorAll("h1, p, li, legend, label, button, a, strong, code")]
    .map(element => {
      const [a, b] = [getComputedStyle(element).color, background(element)].map(luminance)
      return [element.outerHTML.slice(0, 60), (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)]
    })
}
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast(scheme: str, site: Site, open_browser: Any) -> None:
    """WCAG 2.2, 1.4.3 (AA): 4.5 to 1."""
    page = open_browser(color_scheme=scheme).new_page()
    site.register(
        "shop",
        optional_scope=frozenset({"orders"}),
        tos_uri="https://app.example/tos",
    )
    come(page, site, "shop")
    measured = page.evaluate(CONTRAST)
    page.goto(site.authorize("shop", prompt="login"))
    measured += page.evaluate(CONTRAST)
    page.goto(site.authorize("nobody"))
    measured += page.evaluate(CONTRAST)
    assert len(measured) > 15
    assert [found for found in measured if found[1] < 4.5] == []

"""Signing in by OpenID Connect, as people see it: consent, other accounts, tabs, old sessions."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import jwt
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from pyramid_oauth2 import get_service, new_server_secret

from .application import VERIFIER, People, advance_clock, configurator
from .conftest import ClientApplication, Site, served
from .navigation import log_in, press
from .test_pages import ALLOW, DENY, arrived, heading, sign_in

OPENID = {"scope": "openid email", "nonce": "n-0S6_WzA2Mj"}


@pytest.fixture
def people() -> People:
    return People()


@pytest.fixture
def site(people: People) -> Iterator[Site]:
    client, late = ClientApplication(), list[Any]()
    with served(lambda *arguments: late[0](*arguments)) as port, served(client) as client_port:
        url = f"http://localhost:{port}"
        settings = {
            "oauth2.issuer": url,
            "oauth2.openid": "true",
            "oauth2.secret": new_server_secret(b"s".__mul__),
        }
        config = configurator(settings, people=people)
        late.append(config.make_wsgi_app())
        yield Site(config.registry, url, f"http://127.0.0.1:{client_port}", client)


@pytest.fixture
def secret(site: Site) -> str:
    """The secret of the client ``prints``."""
    return site.register("prints", client_name="Foto Print")


def tokens_of(site: Site, answer: dict[str, str], secret: str) -> Any:
    """What the client gets for the code of a response."""
    form = {
        "grant_type": "authorization_code",
        "code": answer["code"],
        "code_verifier": VERIFIER,
        "client_id": "prints",
        "client_secret": secret,
    }
    request = Request(f"{site.url}/oauth2/token", urlencode(form).encode())
    with urlopen(request) as response:
        return json.load(response)


def claims_of(site: Site, answer: dict[str, str], secret: str) -> Any:
    """What the ID token for the code says."""
    token = tokens_of(site, answer, secret)["id_token"]
    key = jwt.PyJWKClient(f"{site.url}/oauth2/jwks").get_signing_key_from_jwt(token)
    return jwt.decode(token, key, ["RS256"], audience="prints", issuer=site.url)


def come(page: Page, site: Site, **parameters: str) -> None:
    page.goto(site.authorize(**{**OPENID, **parameters}))


def test_the_consent_page_says_what_goes_out(any_page: Page, site: Site, secret: str) -> None:
    asked = json.dumps({"userinfo": {"birthdate": None}})
    come(any_page, site, claims=asked)
    sign_in(any_page)
    for words in ("Recognise you when you come again", "See your e-mail address", "birth"):
        expect(any_page.locator("main")).to_contain_text(words)
    any_page.click(ALLOW)
    claims = claims_of(site, arrived(any_page, site), secret)
    assert (claims["sub"], claims["nonce"]) == ("alice", OPENID["nonce"])


def test_a_second_client_needs_no_second_login(page: Page, site: Site, secret: str) -> None:
    come(page, site)
    sign_in(page)
    page.click(ALLOW)
    first = claims_of(site, arrived(page, site), secret)
    come(page, site)
    second = claims_of(site, arrived(page, site), secret)
    assert (first["sub"], first["auth_time"]) == (second["sub"], second["auth_time"])


def test_silently_where_no_user_is_signed_in(page: Page, site: Site, secret: str) -> None:
    come(page, site, prompt="none")
    assert arrived(page, site)["error"] == "login_required"


def test_an_old_session_is_asked_to_sign_in_again(page: Page, site: Site, secret: str) -> None:
    come(page, site)
    sign_in(page)
    advance_clock(site.registry, 5000)
    come(page, site, max_age="3600")
    # The login form is shown at once, since the time of the login is known.
    expect(page).to_have_title("Sign in")


def test_another_account(page: Page, site: Site, secret: str) -> None:
    log_in(page, site.url, "bob")
    come(page, site, claims=json.dumps({"id_token": {"sub": {"value": "alice"}}}))
    assert heading(page) == "Another account is needed"
    expect(page.locator("main")).to_contain_text("You are signed in as bob")
    press(page.get_by_role("link", name="Use another account"))
    press(page.get_by_role("button", name="Sign out"))
    sign_in(page)
    page.click(ALLOW)
    assert claims_of(site, arrived(page, site), secret)["sub"] == "alice"


def test_back_from_another_account(page: Page, site: Site, secret: str) -> None:
    asked = json.dumps({"id_token": {"sub": {"value": "alice"}}})
    log_in(page, site.url, "bob")
    come(page, site, claims=asked, state="s")
    page.locator(DENY).click()
    answer = arrived(page, site)
    assert (answer["error"], answer["state"]) == ("access_denied", "s")


def test_several_tabs_while_signing_in(
    open_browser: Callable[..., BrowserContext], site: Site, secret: str
) -> None:
    context = open_browser()
    tabs = [context.new_page() for _ in range(3)]
    for number, tab in enumerate(tabs):
        come(tab, site, nonce=f"nonce-{number}")
    for tab in tabs:
        sign_in(tab)
    for number, tab in enumerate(tabs):
        # What the first one allowed is not asked again, if it is loaded later.
        if tab.locator(ALLOW).count():
            tab.click(ALLOW)
        assert claims_of(site, arrived(tab, site), secret)["nonce"] == f"nonce-{number}"


def test_a_user_who_is_deactivated_meanwhile(
    page: Page, site: Site, people: People, secret: str
) -> None:
    come(page, site)
    sign_in(page)
    people.gone.add("alice")
    press(page.locator(ALLOW))
    assert heading(page) == "Your account is deactivated"
    assert not get_service(site.registry).server.grants.grants("alice").items


def test_a_page_that_was_open_for_too_long(page: Page, site: Site, secret: str) -> None:
    come(page, site)
    sign_in(page)
    advance_clock(site.registry, 700)
    press(page.locator(ALLOW))
    assert heading(page) == "This page has expired"
    expect(page.locator("main a")).to_be_visible()


@pytest.mark.parametrize("language", ["de", "fr"])
def test_in_the_language_of_the_client(page: Page, site: Site, secret: str, language: str) -> None:
    come(page, site, ui_locales=language)
    sign_in(page)
    assert page.locator("html").get_attribute("lang") == language

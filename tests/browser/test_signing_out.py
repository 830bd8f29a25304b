"""Signing out by a client, as people see it (OpenID Connect RP-Initiated Logout 1.0)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from pyramid_oauth2 import get_service

from .conftest import Site
from .navigation import press
from .test_openid import come, people, secret, site, tokens_of  # noqa: F401
from .test_pages import ALLOW, arrived, heading, sign_in

SIGN_OUT = "main form button"


def signed_in(page: Page, site: Site, secret: str) -> str:  # noqa: F811
    """Sign alice in at the client, which may send her to its callback; return her ID token."""
    clients = get_service(site.registry).clients
    clients.edit("prints", post_logout_redirect_uris=(f"{site.client_url}/callback",))
    come(page, site)
    sign_in(page)
    press(page.locator(ALLOW))
    return str(tokens_of(site, arrived(page, site), secret)["id_token"])


def query(site: Site, **parameters: str) -> dict[str, str]:  # noqa: F811
    return {"post_logout_redirect_uri": f"{site.client_url}/callback", "state": "s", **parameters}


def is_signed_in(page: Page, site: Site) -> bool:  # noqa: F811
    page.goto(f"{site.url}/oauth2/sign_out")
    return heading(page) == "Sign out?"


def test_by_a_link(page: Page, site: Site, secret: str) -> None:  # noqa: F811
    hint = signed_in(page, site, secret)
    page.goto(f"{site.url}/oauth2/end_session?{urlencode(query(site, id_token_hint=hint))}")
    expect(page).to_have_title("Client")
    assert arrived(page, site)["state"] == "s"
    assert not is_signed_in(page, site)


def test_by_a_form_of_the_client(page: Page, site: Site, secret: str) -> None:  # noqa: F811
    """The browser sends no cookie with it (SameSite), and is sent on by GET."""
    hint = signed_in(page, site, secret)
    page.goto(f"{site.client_url}/")
    page.evaluate(
        """([action, fields]) => {
            const form = document.createElement("form");
            Object.assign(form, {method: "post", action});
            for (const [name, value] of Object.entries(fields)) {
                form.append(Object.assign(document.createElement("input"), {name, value}));
            }
            document.body.append(form);
            form.submit();
        }""",
        [f"{site.url}/oauth2/end_session", query(site, id_token_hint=hint)],
    )
    page.wait_for_url(f"{site.client_url}/callback*")
    assert arrived(page, site)["state"] == "s"
    assert not is_signed_in(page, site)


def test_after_a_question(any_page: Page, site: Site, secret: str) -> None:  # noqa: F811
    signed_in(any_page, site, secret)
    any_page.goto(f"{site.url}/oauth2/end_session?{urlencode(query(site, client_id='prints'))}")
    assert heading(any_page) == "Sign out?"
    expect(any_page.get_by_role("main")).to_contain_text("Foto Print asks to sign you out.")
    press(any_page.locator(SIGN_OUT))
    expect(any_page).to_have_title("Client")
    assert arrived(any_page, site)["state"] == "s"
    assert not is_signed_in(any_page, site)


def test_an_image_signs_no_one_out(page: Page, site: Site, secret: str) -> None:  # noqa: F811
    signed_in(page, site, secret)
    page.goto(f"{site.client_url}/")
    address = f"{site.url}/oauth2/end_session?{urlencode(query(site, client_id='prints'))}"
    loaded = page.evaluate(
        """address => new Promise(done => {
            const image = new Image();
            image.onload = () => done(true);
            image.onerror = () => done(false);
            image.src = address;
        })""",
        address,
    )
    assert not loaded
    assert is_signed_in(page, site)


def test_on_the_page_of_what_is_allowed(any_page: Page, site: Site, secret: str) -> None:  # noqa: F811
    signed_in(any_page, site, secret)
    any_page.goto(f"{site.url}/oauth2/authorizations")
    button = any_page.get_by_role("button", name="Sign out there This browser")
    press(button)
    expect(any_page.get_by_role("status")).to_contain_text("You are signed out there.")
    expect(any_page.get_by_role("button", name="Sign out there")).to_have_count(0)
    assert get_service(site.registry).sessions.list("alice") == []


@pytest.mark.parametrize("hinted", [True, False])
def test_who_is_signed_out_already(page: Page, site: Site, secret: str, hinted: Any) -> None:  # noqa: F811
    hint = signed_in(page, site, secret)
    page.context.clear_cookies()
    named = {"id_token_hint": hint} if hinted else {"client_id": "prints"}
    page.goto(f"{site.url}/oauth2/end_session?{urlencode(query(site, **named))}")
    if not hinted:
        assert heading(page) == "You are signed out"
        press(page.get_by_role("link", name="Back to Foto Print"))
    expect(page).to_have_title("Client")
    assert arrived(page, site)["state"] == "s"

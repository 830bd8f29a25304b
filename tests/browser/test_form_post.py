"""A relying party that wants its response as a form (OAuth 2.0 Form Post Response Mode)."""

from __future__ import annotations

import json
from pathlib import Path

from playwright.sync_api import Page

from tests.live import LiveServer
from tests.relying_parties.catalog import BY_FORM
from tests.relying_parties.parties import party_of

from .test_pages import ALLOW


def test_a_user_signs_in(page: Page, server: LiveServer, tmp_path: Path) -> None:
    """The browser posts it to express-openid-connect, which still has its own cookies then."""
    with party_of(BY_FORM, server, tmp_path) as party:
        page.goto(f"{party.url}/login")
        page.fill("[name=username]", "alice")
        page.fill("[name=password]", "wonderland")
        page.click("main button")
        with page.expect_request(lambda sent: sent.url.startswith(party.url)) as sent:
            page.click(ALLOW)
        assert (sent.value.method, sent.value.url) == ("POST", f"{party.url}/callback")
        page.wait_for_url(f"{party.url}/")
        shown = json.loads(page.inner_text("body"))
        assert shown["id_token"]["sub"] == "alice"
        assert shown["userinfo"]["email"] == "alice@example.com"

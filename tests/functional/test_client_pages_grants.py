"""What users allowed a client, on the admin pages."""

from __future__ import annotations

import re

import pytest

from pyramid_oauth2.protocol import user_grants

from .client_pages import BACK, ClientPages, words
from .flow import Flow
from .server import Clock


@pytest.fixture
def flow(pages: ClientPages) -> Flow:
    usual = {"grant_types": ("authorization_code", "refresh_token"), "redirect_uris": (BACK,)}
    pages.server.register("web", client_name="Shop", **usual)
    return Flow(pages.server).log_in("alice")


def test_who_allowed_what_and_ending_one(pages: ClientPages, flow: Flow):
    hers = flow.tokens()
    his = Flow(pages.server).log_in("bob").tokens()
    page = pages.get("client", client_id="web").click("What users allowed")
    assert sorted(item.strong.string for item in page.html.select(".records > li")) == [
        "alice",
        "bob",
    ]
    assert "last token " in words(page)
    form = next(f for f in page.forms.values() if "alice" in f.html.button["aria-label"])
    page = form.submit("grant", status=303).follow()
    assert "The grant has ended" in words(page)
    assert "alice ended" in words(page)
    assert flow.refresh(hers["refresh_token"]).status_int == 400
    assert flow.refresh(his["refresh_token"]).status_int == 200
    form.submit("grant", status=303)


def test_the_last_token_is_known_when_it_has_expired(pages: ClientPages, flow: Flow):
    """By the refresh token that was issued with it, as on the user's own page."""
    clock = Clock(pages.server)
    flow.tokens()
    clock.now += 7200
    pages.server.service.server.grants.purge(clock.now)
    assert words(pages.get("grants", client_id="web")).count(" or later") == 0
    assert "last token " in words(pages.get("grants", client_id="web"))


def test_it_is_said_where_not_all_tokens_were_looked_at(
    pages: ClientPages, flow: Flow, monkeypatch: pytest.MonkeyPatch
):
    flow.tokens()
    # Of a spent code, an access token and a refresh token.
    monkeypatch.setattr(user_grants, "TOKENS_READ", 2)
    shown = words(pages.get("grants", client_id="web"))
    assert re.search(r"last token \w+ \d+, 20\d\d, [\d:]+ [AP]M UTC or later", shown)
    own = flow.browser.get("/oauth2/authorizations")
    assert "UTC or later" in words(own)


def test_grants_are_found_when_the_client_no_longer_acts_for_users(pages: ClientPages, flow: Flow):
    """They go on until they end, also if it may request less now."""
    clients = pages.server.service.clients
    allowed, never = "What users allowed", pages.registered("machine").client_id
    flow.tokens()
    clients.edit("web", grant_types=("client_credentials",), redirect_uris=())
    assert "alice" in words(pages.get("client", client_id="web").click(allowed))
    assert allowed not in pages.get("client", client_id=never)


def test_those_that_ended_have_no_button(pages: ClientPages, flow: Flow):
    flow.tokens()
    pages.server.service.clients.withdraw("web")
    page = pages.get("grants", client_id="web")
    assert "All tokens of the client were revoked after it was given." in words(page)
    assert not page.forms


def test_page_by_page(pages: ClientPages, flow: Flow):
    for _ in range(21):
        flow.code(prompt="consent")
    first = pages.get("grants", client_id="web")
    assert len(first.html.select(".records > li")) == 20
    assert "no token" in words(first)
    second = first.click("Next page")
    assert len(second.html.select(".records > li")) == 1
    answer = next(iter(second.forms.values())).submit("grant", status=303).follow()
    assert answer.html.find("a", string="First page")
    pages.get("grants", 404, client_id="web", cursor="made up")


def test_a_grant_of_another_client_is_left_alone(pages: ClientPages, flow: Flow):
    tokens = flow.tokens()
    (grant,) = pages.server.service.server.grants.grants(client_id="web").items
    for grant_id in (grant.id, "unknown", ""):
        assert pages.post("grants", "robot", grant=grant_id).status_int == 404
    assert flow.refresh(tokens["refresh_token"]).status_int == 200


def test_nothing_yet(pages: ClientPages):
    assert "No user has allowed it anything." in words(pages.get("grants", client_id="robot"))

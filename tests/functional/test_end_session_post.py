"""A client posts a request to sign out (RP-Initiated Logout 1.0 section 2)."""

from __future__ import annotations

from typing import Any

import pytest

from . import openid_provider
from .client_pages import words
from .flow import Flow, answer_in
from .openid_provider import CLAIMS, PROVIDER
from .signing_out import BYE, END_SESSION, Party, StartFlow, asks, storage  # noqa: F401


class Users(openid_provider.Users):
    """Users of whom the application knows so much that an ID token is too long for a URL."""

    says = {**CLAIMS, "picture": f"https://cdn.example.org/{'x' * 6000}"}


def provider(config: Any) -> None:
    config.set_oauth2_resource_owners(Users())


@pytest.fixture
def party(start_flow: StartFlow) -> Party:
    settings = {**PROVIDER, "openid.claims_in_id_token": "true"}
    return Party(start_flow(provider, **settings))


@pytest.fixture
def long(party: Party) -> str:
    """The ID token of a client that got many claims."""
    hint = str(party.flow.tokens(scope="openid profile", prompt="consent")["id_token"])
    assert len(hint) > 8000
    return hint


def post(flow: Flow, **parameters: str) -> Any:
    wanted = {"post_logout_redirect_uri": BYE, "state": "x", **parameters}
    return flow.browser.post(END_SESSION, wanted, status="*")


def test_with_our_cookies_it_ends_at_once(party: Party, long: str) -> None:
    """No URL of ours has the ID token."""
    answer = post(party.flow, id_token_hint=long)
    assert answer.status_int == 303
    assert "id_token_hint" not in answer_in(answer.location)
    assert party.followed(answer).location == f"{BYE}?state=x"
    assert party.is_over()


def test_with_our_cookies_and_no_hint_it_asks_at_once(party: Party) -> None:
    assert asks(post(party.flow, client_id="web"))
    assert party.user == "bob"


def test_of_another_site_it_is_sent_on(party: Party) -> None:
    """As a GET the browser sends cookies with it (SameSite=Lax)."""
    answer = post(Flow(party.flow.server), id_token_hint=party.id_token)
    assert answer_in(answer.location)["id_token_hint"] == party.id_token
    assert party.followed(answer).location == f"{BYE}?state=x"


def test_of_another_site_with_a_hint_that_is_too_long_for_a_url(party: Party, long: str) -> None:
    answer = post(Flow(party.flow.server), id_token_hint=long, ui_locales="en")
    named = {"client_id": "web", "post_logout_redirect_uri": BYE, "state": "x"}
    assert answer_in(answer.location) == {**named, "ui_locales": "en"}
    page = party.followed(answer)
    assert asks(page)
    assert "web asks to sign you out." in words(page)
    assert party.press(page).location == f"{BYE}?state=x"


@pytest.mark.parametrize("changes", [{"state": "s" * 4000}, {"id_token_hint": "x" * 4000}])
def test_what_is_too_long_otherwise(party: Party, changes: dict[str, str]) -> None:
    """Section 4: of a hint that is none nothing is used that depends on it."""
    answer = post(Flow(party.flow.server), client_id="web", **changes)
    assert "client_id" not in answer_in(answer.location)
    assert len(answer.location) < 4000
    assert asks(party.followed(answer))

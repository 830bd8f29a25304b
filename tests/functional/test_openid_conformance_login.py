"""What the plan *basic* tries of prompt, max_age and hints."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .flow import Flow
from .relying_party import RelyingParty

StartFlow = Callable[..., Flow]


@pytest.fixture
def storage() -> dict[str, str]:
    """Nothing here depends on the store."""
    return {"oauth2.backend": "memory"}


@pytest.fixture(params=["with PKCE", "without PKCE"])
def pkce(request: pytest.FixtureRequest) -> bool:
    return request.param == "with PKCE"


@pytest.fixture(params=["query", "form_post"])
def party(start_flow: StartFlow, request: pytest.FixtureRequest, pkce: bool) -> RelyingParty:
    """A client of the plan; its user has not signed in."""
    return RelyingParty.of_plan(start_flow, request.param, pkce)


def test_oidcc_prompt_login(party: RelyingParty):
    """Core section 3.1.2.1: the user signs in again, and the auth_time is later."""
    first = party.claims(party.tokens())
    party.clock.now += 2
    second = party.claims(party.tokens(prompt="login"))
    assert party.logins == 2
    assert second["sub"] == first["sub"]
    assert second["auth_time"] == first["auth_time"] + 2


def test_oidcc_prompt_none_not_logged_in(party: RelyingParty):
    """Core section 3.1.2.6: without any page."""
    assert party.authorize(prompt="none")["error"] in ("login_required", "interaction_required")
    assert (len(party.seen), party.logins) == (1, 0)


def test_oidcc_prompt_none_logged_in(party: RelyingParty):
    """Core section 3.1.2.1: the same sign-in."""
    first = party.claims(party.tokens())
    party.seen.clear()
    party.clock.now += 2
    second = party.claims(party.tokens(prompt="none"))
    assert (len(party.seen), party.logins) == (1, 1)
    for name in ("iss", "sub", "aud", "auth_time", "acr"):
        assert second[name] == first[name]


def test_oidcc_max_age_1(party: RelyingParty):
    """Core sections 2 and 3.1.2.1: a login that is older is not enough."""
    first = party.claims(party.tokens())
    party.clock.now += 2
    second = party.claims(party.tokens(max_age="1"))
    assert party.logins == 2
    assert second["auth_time"] == first["auth_time"] + 2


def test_oidcc_max_age_10000(party: RelyingParty):
    """Core sections 2 and 3.1.2.1: and one that is not, is."""
    first = party.claims(party.tokens())
    party.clock.now += 2
    second = party.claims(party.tokens(max_age="10000"))
    assert party.logins == 1
    assert second["auth_time"] == first["auth_time"]


def test_oidcc_id_token_hint(party: RelyingParty):
    """Core section 3.1.2.1: with ``prompt=none``, for the user who is signed in."""
    first = party.tokens()
    second = party.tokens(prompt="none", id_token_hint=first["id_token"])
    assert party.claims(second)["sub"] == party.claims(first)["sub"]

"""The parameter ``claims_locales`` (OpenID Connect Core section 5.2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from .flow import Flow
from .openid_provider import PROVIDER, Users, give_scopes, parts
from .test_userinfo import ask

SAID = {"name": "Bob", "name#de": "Robert", "name#fr": "Roberte"}


class Multilingual(Users):
    says = SAID


@pytest.fixture
def flow(start_flow: Callable[..., Flow]) -> Flow:
    def provider(config: Any) -> None:
        config.set_oauth2_resource_owners(Multilingual())

    settings = {**PROVIDER, "openid.claims_in_id_token": "true"}
    return give_scopes(start_flow(provider, **settings))


def about(flow: Flow, issued: Any) -> tuple[dict[str, str], dict[str, str]]:
    """What the ID token and the userinfo endpoint say of the name."""
    _, claims = parts(issued["id_token"])
    userinfo = ask(flow, issued["access_token"]).json
    first, second = (
        {name: value for name, value in said.items() if name.startswith("name")}
        for said in (claims, userinfo)
    )
    return first, second


def test_in_id_tokens_and_userinfo_also_after_a_refresh(flow: Flow):
    issued = flow.tokens(scope="openid profile", claims_locales="es de-AT fr")
    assert about(flow, issued) == ({"name": "Robert"}, {"name": "Robert"})
    again = flow.refresh(issued["refresh_token"]).json
    assert about(flow, again) == ({"name": "Robert"}, {"name": "Robert"})


@pytest.mark.parametrize("tags", [None, "", "es", "\u00e9", "de_DE", "x" * 200, "a " * 50 + "de"])
def test_without_a_language_that_is_there_all_go_out(flow: Flow, tags: str | None):
    """ "An error SHOULD NOT result"."""
    issued = flow.tokens(scope="openid profile", claims_locales=tags)
    assert about(flow, issued) == (SAID, SAID)


def test_another_request_has_other_languages(flow: Flow):
    flow.tokens(scope="openid profile", claims_locales="de")
    issued = flow.tokens(scope="openid profile", claims_locales="fr", prompt="consent")
    assert about(flow, issued) == ({"name": "Roberte"}, {"name": "Roberte"})

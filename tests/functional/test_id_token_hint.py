"""``id_token_hint`` of an authorization request (OpenID Connect Core section 3.1.2.1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from .flow import Flow, answer_in
from .openid_provider import PROVIDER, SCOPE, give_scopes, provider
from .server import Clock

ASKED = {"scope": "openid"}


@pytest.fixture
def storage() -> dict[str, str]:
    """Nothing here depends on the store."""
    return {"oauth2.backend": "memory"}


@pytest.fixture
def flow(start_flow: Callable[..., Flow]) -> Flow:
    return give_scopes(start_flow(provider, **PROVIDER))


@pytest.fixture
def hint(flow: Flow) -> str:
    """An ID token of bob's."""
    return str(flow.tokens(**ASKED)["id_token"])


def heading(page: Any) -> str:
    return str(page.html.h1.string)


class TestSilently:
    def test_the_user_who_is_signed_in(self, flow: Flow, hint: str):
        answer = flow.ask(**ASKED, id_token_hint=hint, prompt="none")
        assert "code" in answer_in(answer.location)

    def test_another_user(self, flow: Flow, hint: str):
        flow.log_in("alice")
        flow.code(**ASKED)
        answer = flow.ask(**ASKED, id_token_hint=hint, prompt="none")
        assert answer_in(answer.location)["error"] == "login_required"

    def test_nobody_is_signed_in_by_it(self, flow: Flow, hint: str):
        answer = flow.log_out().ask(**ASKED, id_token_hint=hint, prompt="none")
        assert answer_in(answer.location)["error"] == "login_required"


class TestWithPages:
    def test_another_user_changes_the_account(self, flow: Flow, hint: str):
        flow.log_in("alice")
        assert heading(flow.ask(**ASKED, id_token_hint=hint)) == "Another account is needed"

    def test_one_who_is_not_signed_in_logs_in(self, flow: Flow, hint: str):
        assert "/login?" in flow.log_out().ask(**ASKED, id_token_hint=hint).location

    def test_an_expired_one_counts(self, flow: Flow, hint: str):
        Clock(flow.server).now += 30 * 86_400
        answer = flow.ask(**ASKED, id_token_hint=hint)
        assert "code" in answer_in(answer.location)

    def test_of_a_pairwise_user(self, start_flow: Callable[..., Flow]):
        salt = {"openid.pairwise_salt": "a salt that never changes"}
        flow = start_flow(provider, **PROVIDER, **salt)
        clients = flow.server.service.clients
        version = clients.get("web").version
        clients.edit("web", version, scope=SCOPE, subject_type="pairwise")
        hint = flow.tokens(**ASKED)["id_token"]
        assert "code" in answer_in(flow.ask(**ASKED, id_token_hint=hint).location)


def test_that_of_another_client(flow: Flow, hint: str):
    other = give_scopes(Flow(flow.server, "app", flow.browser))
    error = answer_in(other.ask(**ASKED, id_token_hint=hint).location)
    assert error["error"] == "invalid_request"
    assert "id_token_hint" in error["error_description"]


@pytest.mark.parametrize("change", ["x", "a.b.c", "access token", "changed"])
def test_what_is_no_id_token(flow: Flow, hint: str, change: str):
    if change == "access token":
        change = flow.tokens(**ASKED, prompt="consent")["access_token"]
    if change == "changed":
        change = hint[:-4] + ("AAAA" if not hint.endswith("AAAA") else "BBBB")
    answer = flow.ask(**ASKED, id_token_hint=change)
    assert answer_in(answer.location)["error"] == "invalid_request"


def test_without_openid_it_is_ignored(flow: Flow):
    assert flow.ask(scope="read", id_token_hint="x").status_int == 200

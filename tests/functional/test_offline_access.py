"""The scope ``offline_access`` (OpenID Connect Core section 11)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .flow import Flow, answer_in
from .openid_provider import PROVIDER, give_scopes, provider

StartFlow = Callable[..., Flow]
NEEDED = {**PROVIDER, "refresh_needs_offline_access": "true"}
OFFLINE = "openid offline_access"


@pytest.fixture
def flow(start_flow: StartFlow) -> Flow:
    """A refresh token needs the scope."""
    return give_scopes(start_flow(provider, **NEEDED))


def test_the_consent_page_says_what_it_is(flow: Flow):
    page = flow.page(scope=OFFLINE)
    assert "Do this also while you are not using the application" in page.text


def test_with_it_there_is_a_refresh_token(flow: Flow):
    issued = flow.tokens(scope=OFFLINE)
    assert issued["scope"] == "offline_access openid"
    assert "refresh_token" in flow.refresh(issued["refresh_token"]).json


def test_a_narrowed_refresh_keeps_it(flow: Flow):
    """What the grant has counts: a refresh narrows the access token alone."""
    issued = flow.tokens(scope=OFFLINE)
    narrowed = flow.refresh(issued["refresh_token"], scope="openid").json
    assert "refresh_token" in flow.refresh(narrowed["refresh_token"]).json


@pytest.mark.parametrize(("scope", "lasts"), [(OFFLINE, "365 days"), ("openid", "1 hour")])
def test_the_consent_page_says_how_long_it_lasts(flow: Flow, scope: str, lasts: str):
    assert f"The access lasts for {lasts} at most" in flow.page(scope=scope).text


def test_without_it_there_is_none(flow: Flow):
    issued = flow.tokens(scope="openid")
    assert issued.keys() == {"access_token", "token_type", "expires_in", "scope", "id_token"}


def test_a_consent_to_other_scopes_does_not_cover_it(flow: Flow):
    flow.code(scope="openid")
    assert answer_in(flow.ask(scope=OFFLINE, prompt="none").location)["error"] == "consent_required"


def test_a_remembered_consent_to_it_counts(flow: Flow):
    flow.code(scope=OFFLINE)
    code = answer_in(flow.ask(scope=OFFLINE).location)["code"]
    assert "refresh_token" in flow.redeem(code).json


def test_a_user_who_unticks_it_gives_no_refresh_token(flow: Flow):
    give_scopes(flow, optional_scope=frozenset({"offline_access"}))
    form = dict(flow.page(scope=OFFLINE).form.submit_fields("decision", submit_value="allow"))
    form.pop("scope", None)
    answer = flow.browser.post("/oauth2/authorize", form)
    issued = flow.redeem(answer_in(answer.location)["code"]).json
    assert issued["scope"] == "openid"
    assert "refresh_token" not in issued


def test_for_a_client_of_the_operator_no_page_is_shown(flow: Flow):
    """The operator has said that users need not be asked."""
    give_scopes(flow, consent="skip")
    code = answer_in(flow.ask(scope=OFFLINE).location)["code"]
    assert "refresh_token" in flow.redeem(code).json


def test_the_grant_type_of_the_client_counts_too(flow: Flow):
    give_scopes(flow, grant_types=("authorization_code",))
    assert "refresh_token" not in flow.tokens(scope=OFFLINE)


def test_a_grant_from_before_the_setting(start_flow: StartFlow):
    """Its refresh token is good for one more access token."""
    flow = give_scopes(start_flow(provider, **PROVIDER))
    issued = flow.tokens(scope="openid")
    flow.server.change(refresh_needs_offline_access=True)
    last = flow.refresh(issued["refresh_token"]).json
    assert "access_token" in last
    assert "refresh_token" not in last


def test_by_default_it_changes_nothing(start_flow: StartFlow):
    flow = give_scopes(start_flow(provider, **PROVIDER))
    for scope in ("openid", OFFLINE):
        assert "refresh_token" in flow.tokens(scope=scope)


class TestWithoutOpenIDConnect:
    """Clients add it where the server metadata has it: the MCP SDKs, with ``prompt=consent``."""

    ASKED = "read offline_access"

    @pytest.fixture
    def flow(self, start_flow: StartFlow) -> Flow:
        return start_flow()

    def test_the_server_metadata_have_it(self, flow: Flow):
        metadata = flow.browser.get("/.well-known/oauth-authorization-server").json
        assert metadata["scopes_supported"] == ["offline_access", "read", "write"]

    def test_the_user_is_asked(self, flow: Flow):
        flow.code(scope="read")
        page = flow.page(scope=self.ASKED)
        assert "Do this also while you are not using the application" in page.text

    def test_with_prompt_consent_each_time(self, flow: Flow):
        for _ in range(2):
            page = flow.page(scope=self.ASKED, prompt="consent")
            page.form.submit("decision", value="allow")

    def test_it_is_echoed_and_kept(self, flow: Flow):
        issued = flow.tokens(scope=self.ASKED)
        assert issued["scope"] == "offline_access read"
        refreshed = flow.refresh(issued["refresh_token"]).json
        assert refreshed["scope"] == "offline_access read"
        assert flow.refresh(refreshed["refresh_token"], scope="read").json["scope"] == "read"

    def test_at_a_refresh_it_is_no_error_either(self, flow: Flow):
        issued = flow.tokens(scope="read")
        assert flow.refresh(issued["refresh_token"], scope=self.ASKED).json["scope"] == "read"

    def test_alone_it_comes_with_the_default(self, start_flow: StartFlow):
        flow = start_flow(default_scopes="read")
        assert flow.tokens(scope="offline_access")["scope"] == "offline_access read"

    def test_a_client_that_gets_no_refresh_token(self, flow: Flow):
        """OpenID Connect Core section 11: the server "MUST ignore" it."""
        flow.edit(grant_types=("authorization_code",))
        issued = flow.tokens(scope=self.ASKED)
        assert issued["scope"] == "read"
        assert "refresh_token" not in issued

    def test_a_client_that_acts_for_itself(self, start_flow: StartFlow):
        flow = start_flow()
        flow.edit(grant_types=("client_credentials",), redirect_uris=())
        issued = flow.exchange(grant_type="client_credentials", scope=self.ASKED)
        assert issued.json["scope"] == "read"

    def test_a_server_without_refresh_tokens(self, start_flow: StartFlow):
        flow = start_flow(grant_types="authorization_code")
        metadata = flow.browser.get("/.well-known/oauth-authorization-server").json
        assert "offline_access" not in metadata["scopes_supported"]
        assert flow.tokens(scope=self.ASKED)["scope"] == "read"

    def test_a_refresh_token_can_need_it(self, start_flow: StartFlow):
        flow = start_flow(refresh_needs_offline_access="true")
        assert "refresh_token" not in flow.tokens(scope="read")
        assert "refresh_token" in flow.tokens(scope=self.ASKED)


def test_a_client_that_is_not_registered_for_the_scope_is_not_refused(flow: Flow):
    """With OpenID Connect it is a scope of the server, which a client may have or not."""
    give_scopes(flow, scope=frozenset({"openid"}))
    assert flow.tokens(scope=OFFLINE)["scope"] == "openid"

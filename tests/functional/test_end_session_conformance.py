"""What the conformance suite tries of RP-Initiated Logout 1.0."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from .flow import answer_in
from .openid_provider import PROVIDER, provider
from .signing_out import (  # noqa: F401
    BYE,
    END_SESSION,
    Party,
    StartFlow,
    asks,
    browser_cookie,
    says_signed_out,
    storage,
)


@pytest.fixture
def party(start_flow: StartFlow) -> Party:
    return Party(start_flow(provider, **PROVIDER))


class TestConformance:
    """What the modules of the plan oidcc-rp-initiated-logout-certification-test-plan try."""

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_logout(self, party: Party, method: str):
        """oidcc-rp-initiated-logout"""
        wanted = {"id_token_hint": party.id_token, "post_logout_redirect_uri": BYE, "state": "x y&"}
        answer = party.send(method, **wanted)
        assert answer.status_int == 303
        assert urlsplit(answer.location)._replace(query="").geturl() == BYE
        assert answer_in(answer.location) == {"state": "x y&"}
        assert party.is_over()

    def test_no_state(self, party: Party):
        """oidcc-rp-initiated-logout-no-state"""
        answer = party.send(id_token_hint=party.id_token, post_logout_redirect_uri=BYE)
        assert answer.location == BYE
        assert party.is_over()

    def test_no_post_logout_redirect_uri(self, party: Party):
        """oidcc-rp-initiated-logout-no-post-logout-redirect-uri"""
        assert says_signed_out(party.send(id_token_hint=party.id_token, state="x"))
        assert party.is_over()

    @pytest.mark.parametrize(
        "uri",
        [
            "https://client.example/other",
            "https://evil.example/bye",
            f"{BYE}/",
            f"{BYE}#x",
            "https://client.example/BYE",
            "HTTPS://client.example/bye",
            "https://client.example:443/bye",
            f"{BYE}/../bye",
            "//client.example/bye",
            "/bye",
            "javascript:alert(1)",
            "https://client.example/back",
        ],
    )
    def test_bad_post_logout_redirect_uri(self, party: Party, uri: str):
        """oidcc-rp-initiated-logout-bad-post-logout-redirect-uri"""
        answer = party.send(id_token_hint=party.id_token, post_logout_redirect_uri=uri)
        assert says_signed_out(answer)
        assert "example" not in answer.html.main.decode()
        assert party.is_over()

    @pytest.mark.parametrize("query", ["?extra=1", "?", "?state=1"])
    def test_query_added_to_post_logout_redirect_uri(self, party: Party, query: str):
        """oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri"""
        uri = f"{BYE}{query}"
        answer = party.send(id_token_hint=party.id_token, post_logout_redirect_uri=uri)
        assert says_signed_out(answer)

    def test_modified_id_token_hint(self, party: Party):
        """oidcc-rp-initiated-logout-modified-id-token-hint"""
        header, payload, signature = party.id_token.split(".")
        changed = "A" if signature[0] != "A" else "B"
        hint = f"{header}.{payload}.{changed}{signature[1:]}"
        answer = party.send(id_token_hint=hint, post_logout_redirect_uri=BYE, state="x")
        assert asks(answer)
        assert not party.is_over()
        assert says_signed_out(party.press(answer))
        assert party.is_over()

    @pytest.mark.parametrize("hint", ["bad", "a.b.c", "..", "x" * 3000, "eyJhbGciOiJub25lIn0.e30."])
    def test_bad_id_token_hint(self, party: Party, hint: str):
        """oidcc-rp-initiated-logout-bad-id-token-hint"""
        wanted = {"post_logout_redirect_uri": BYE, "state": "x", "client_id": "web"}
        answer = party.send(id_token_hint=hint, **wanted)
        assert asks(answer)
        assert not party.is_over()
        # Section 4: nothing is used that depends on it, also not the client that is named.
        assert says_signed_out(party.press(answer))

    def test_no_id_token_hint(self, party: Party):
        """oidcc-rp-initiated-logout-no-id-token-hint"""
        answer = party.send(post_logout_redirect_uri=BYE, state="x")
        assert asks(answer)
        assert says_signed_out(party.press(answer))
        assert party.is_over()

    def test_no_params(self, party: Party):
        """oidcc-rp-initiated-logout-no-params"""
        answer = party.send()
        assert asks(answer)
        assert says_signed_out(party.press(answer))
        assert party.is_over()

    def test_only_state(self, party: Party):
        """oidcc-rp-initiated-logout-only-state"""
        answer = party.send(state="x")
        assert asks(answer)
        assert says_signed_out(party.press(answer))

    def test_discovery(self, party: Party):
        """oidcc-rp-initiated-logout-discovery-endpoint-verification"""
        found = party.flow.server.get("/.well-known/openid-configuration").json
        assert found["end_session_endpoint"] == f"http://localhost{END_SESSION}"

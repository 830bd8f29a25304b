"""A client signs out a user who is not signed in any more (RP-Initiated Logout 1.0)."""

from __future__ import annotations

import pytest

from .flow import Flow
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


class TestNoUser:
    """The login of the application has ended by itself, or in another tab."""

    def test_the_session_of_this_browser_ends(self, party: Party):
        party.flow.log_out()
        answer = party.send(id_token_hint=party.id_token, post_logout_redirect_uri=BYE, state="x")
        assert answer.location == f"{BYE}?state=x"
        assert party.is_over()

    def test_that_of_another_browser_does_not(self, party: Party):
        """An ID token is no secret: it ends nothing where its user is not."""
        elsewhere = Party.__new__(Party)
        elsewhere.flow = Flow(party.flow.server)
        answer = elsewhere.send(id_token_hint=party.id_token, post_logout_redirect_uri=BYE)
        assert answer.location == BYE
        assert not party.is_over()

    def test_without_a_hint_a_page_links_to_the_client(self, party: Party):
        party.flow.log_out()
        answer = party.send(client_id="web", post_logout_redirect_uri=BYE, state="x")
        assert says_signed_out(answer)
        assert answer.html.main.find("a")["href"] == f"{BYE}?state=x"

    @pytest.mark.parametrize("hinted", [True, False])
    def test_to_what_a_stranger_has_registered_no_link_leads(self, party: Party, hinted: bool):
        """RFC 9700 section 4.11.2: this server is trusted, that site is not."""
        party.flow.server.service.clients.edit("web", source="registered")
        elsewhere = Party.__new__(Party)
        elsewhere.flow = Flow(party.flow.server)
        named = {"id_token_hint": party.id_token} if hinted else {"client_id": "web"}
        answer = elsewhere.send(**named, post_logout_redirect_uri=BYE)
        assert says_signed_out(answer)
        assert answer.html.main.find("a") is None

    def test_who_has_signed_out_there_goes_back_to_it(self, party: Party):
        party.flow.server.service.clients.edit("web", source="registered")
        answer = party.send(id_token_hint=party.id_token, post_logout_redirect_uri=BYE)
        assert answer.location == BYE

    def test_who_signs_out_on_our_page_stays_here(self, party: Party):
        """Section 3: without a valid hint, only where an operator knows the client."""
        party.flow.server.service.clients.edit("web", source="registered")
        page = party.send(client_id="web", post_logout_redirect_uri=BYE)
        assert asks(page)
        assert BYE not in page.text
        fields = {**dict(page.form.submit_fields()), "post_logout_redirect_uri": BYE}
        assert says_signed_out(party.send("post", **fields))
        assert party.is_over()

    def test_a_hint_of_the_stranger_s_own_session_leads_nowhere_either(self, party: Party):
        party.flow.server.service.clients.edit("web", source="registered")
        stranger = Flow(party.flow.server).log_in("alice")
        hint = stranger.tokens(scope="openid")["id_token"]
        page = party.send(id_token_hint=hint, post_logout_redirect_uri=BYE)
        assert asks(page)
        assert BYE not in page.text
        assert says_signed_out(party.press(page))

    def test_nothing_is_said_to_be_ended(self, party: Party):
        party.flow.log_out()
        assert says_signed_out(party.send())
        assert party.events == []

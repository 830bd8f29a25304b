"""``/oauth2/authorizations``: what the signed-in user allows, and how it is withdrawn."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from pyramid_oauth2 import Client
from pyramid_oauth2.events import ConsentWithdrawn, GrantRevoked
from pyramid_oauth2.protocol.access import Access
from pyramid_oauth2.protocol.token.issuance import Issuance, Open
from pyramid_oauth2.protocol.token.issuing import issue
from pyramid_oauth2.views.user_grants import CLIENTS_A_PAGE

from .allowing import PAGE, Allowing, articles, form_of
from .flow import Flow
from .server import Clock, bearer

READ = frozenset({"read"})
WITHDRAWN = "Withdrawn. The application has lost its access."


@pytest.fixture
def bob(start_flow: Callable[..., Flow]) -> Allowing:
    return Allowing(start_flow().server)


class TestShow:
    def test_what_is_said_of_a_client(self, bob: Allowing):
        clock = Clock(bob.server)
        bob.edit(
            client_name="Foto Print",
            client_uri="https://foto.example/",
            logo_uri="https://foto.example/logo.png",
        )
        clock.now += 90_000
        bob.refresh(bob.held["refresh_token"])
        page = bob.show()
        since, last = (datetime.fromtimestamp(at, UTC) for at in (clock.now - 90_000, clock.now))
        assert articles(page) == [
            "Foto Print Website Allowed to: Read your data read "
            f"Allowed since {since:%B} {since.day}, {since.year} "
            f"Allowed at client.example Last used {last:%b} {last.day}, {last.year}, "
            f"{last.hour % 12 or 12}:{last:%M %p} UTC Withdraw"
        ]
        assert page.html.img["src"] == "https://foto.example/logo.png"
        assert page.html.article.a["href"] == "https://foto.example/"
        assert "Signed in as bob" in page.html.header.p.get_text()

    def test_each_client_once(self, bob: Allowing):
        bob.tokens(scope="read write")
        Flow(bob.server, "app", bob.browser).code()
        first, second = articles(bob.show())
        assert first.startswith("app Allowed to: Read your data read")
        assert "none at present" in first, "the code was not redeemed"
        assert second.startswith("web Allowed to: Read your data read Change your data write")

    def test_nothing(self, bob: Allowing):
        bob.log_in("alice")
        page = bob.show()
        assert "You allow no application to use your account." in page
        assert articles(page) == []

    def test_a_client_that_was_switched_off_is_shown_by_its_id(self, bob: Allowing):
        bob.edit(client_name="Your Bank", logo_uri="https://bank.example/logo.png")
        bob.server.service.clients.disable("web")
        (article,) = articles(page := bob.show())
        assert article.startswith("web This application was switched off, and cannot use")
        assert page.html.img is None
        assert "Your Bank" not in page

    def test_a_client_that_was_deleted_is_shown_by_words(self, bob: Allowing):
        """Its name is gone, and its client_id says nothing to its users."""
        bob.server.service.clients.delete("web")
        (article,) = articles(page := bob.show())
        assert article.startswith(
            "An application that was deleted It can no longer use your account. Allowed to:"
        )
        asked = page.click("Withdraw")
        assert asked.html.h2.get_text() == "An application that was deleted"
        assert "It can no longer use your account. This removes it from your list." in asked
        assert bob.post(form_of(page)).status_int == 303
        assert articles(bob.show()) == []

    def test_names_and_addresses_that_strangers_wrote(self, bob: Allowing):
        """RFC 6749 section 10.14."""
        # Written without the checks of a registration.
        bob.edit(client_name='"><script>alert(1)</script>', client_uri="javascript:alert(1)")
        page = bob.show()
        assert page.html.h2.get_text() == '"><script>alert(1)</script>'
        assert page.html.find_all("script") == []
        assert [link.string for link in page.html.article.find_all("a")] == ["Withdraw"]

    def test_the_browser_may_not_keep_or_frame_it(self, bob: Allowing):
        headers = bob.show().headers
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Frame-Options"] == "DENY"
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert headers["Referrer-Policy"] == "same-origin"

    def test_with_a_slash(self, bob: Allowing):
        assert len(articles(bob.browser.get(f"{PAGE}/"))) == 1

    def test_a_page_at_a_time(self, bob: Allowing):
        for number in range(CLIENTS_A_PAGE):
            issue(
                bob.server.service.server,
                Client(f"client-{number}"),
                Issuance(Access(READ), Open("bob")),
            )
        first, second = bob.show(), bob.show(page=2)
        assert len(articles(first)) == CLIENTS_A_PAGE
        assert "Page 1 of 2 Older" in " ".join(first.html.nav.get_text(" ").split())
        assert len(articles(second)) == 1
        assert second.html.find("a", rel="prev")["href"].endswith("?page=1")
        # Withdrawn from the second page, which is then empty.
        assert articles(bob.post(form_of(second)).follow()) == articles(first)

    @pytest.mark.parametrize("number", ["0", "-1", "2", "99999999999", "x", "²", "1.5", ""])
    def test_a_page_that_there_is_not(self, bob: Allowing, number: str):
        assert len(articles(bob.show(page=number))) == 1

    @pytest.mark.parametrize("query", ["page=%ff", "page=1&page=2", "withdrawn=%00"])
    def test_a_query_that_cannot_be_read(self, bob: Allowing, query: str):
        bob.browser.get(f"{PAGE}?{query}", status=400)


class TestWithdraw:
    def test_every_token_stops_and_the_consent_is_forgotten(self, bob: Allowing):
        other = bob.tokens(prompt="consent")
        code = bob.code(prompt="consent")
        answer = bob.post(form_of(bob.show()))
        assert answer.status_int == 303
        assert answer.headers["Cache-Control"] == "no-store"
        page = answer.follow()
        assert page.html.find(role="status").string == WITHDRAWN
        assert articles(page) == []
        for tokens in (bob.held, other):
            assert bob.server.get("/read", bearer(tokens["access_token"])).status_int == 401
            assert bob.refresh(tokens["refresh_token"]).json["error"] == "invalid_grant"
        assert bob.redeem(code).json["error"] == "invalid_grant"
        assert bob.ask().status_int == 200, "the client has to ask again"

    def test_subscribers_hear_of_it(self, bob: Allowing):
        bob.post(form_of(bob.show()))
        revoked, withdrawn = bob.heard
        assert isinstance(revoked, GrantRevoked)
        assert (revoked.subject, revoked.reason) == ("bob", "withdrawn by the user")
        assert isinstance(withdrawn, ConsentWithdrawn)
        assert (withdrawn.client_id, withdrawn.subject) == ("web", "bob")

    def test_twice_is_once(self, bob: Allowing):
        form = form_of(bob.show())
        first = bob.post(form)
        bob.heard.clear()
        assert bob.post(form).location == first.location
        assert bob.heard == []

    def test_from_this_client_only(self, bob: Allowing):
        app = Flow(bob.server, "app", bob.browser).tokens()
        page = bob.show()
        (form,) = (
            form_of(page, number)
            for number in range(2)
            if form_of(page, number)["client_id"] == "web"
        )
        bob.post(form)
        assert bob.server.get("/read", bearer(app["access_token"])).status_int == 200
        assert [text.split()[0] for text in articles(bob.show())] == ["app"]

    def test_another_users_grants_are_untouched(self, bob: Allowing):
        alice = Allowing(bob.server, "alice")
        bob.heard.clear()
        assert alice.post(form_of(alice.show())).status_int == 303
        assert {event.subject for event in alice.heard} == {"alice"}
        bob.heard.clear()
        bob.assert_untouched()

    @pytest.mark.parametrize("client_id", ["nobody", "robot", "x" * 1000, "<b>", "ä"])
    def test_a_client_that_was_allowed_nothing(self, bob: Allowing, client_id: str):
        """The response does not reveal whether there is such a client."""
        answer = bob.post(form_of(bob.show()) | {"client_id": client_id})
        assert answer.status_int == 303
        assert client_id not in answer.follow().html.get_text()
        bob.assert_untouched()

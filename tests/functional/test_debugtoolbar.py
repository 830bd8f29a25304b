"""The panel of pyramid_debugtoolbar: the caller, what the view required, and the decision."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationError

from pyramid_oauth2.protocol.records import StoreUnavailable
from pyramid_oauth2.protocol.token_strings import parse_token

from . import host
from .debugged import DEVELOPMENT, Debugged, more_views, stock_toolbar
from .server import Clock, Server, bearer

GARBAGE = bearer("oat_" + "0" * 65)
BY_PREFIX = "yes, by the prefix of its token"
BY_PATH = "yes, for its path is below oauth2.resource_paths"
BY_VIEW = "yes, for the view declares oauth2_scope"


@pytest.fixture
def debugged(build: Callable[..., Server]) -> Debugged:
    return Debugged(build(stock_toolbar, host.pages, more_views, changes=DEVELOPMENT))


class TestTheDecision:
    def test_no_token(self, debugged: Debugged):
        panel = debugged.panel("/read")
        assert panel.word == "401"
        assert panel.decision == (
            "It was refused: there is no access token, and the view wants one."
        )
        assert "progress-bar-danger" in panel.badge["class"]

    def test_a_good_token(self, debugged: Debugged):
        panel = debugged.panel("/read", bearer(debugged.server.token(user="bob")))
        assert panel.word == "let in"
        assert panel.decision == "The token let it in; the view answered 200."
        assert "progress-bar-danger" not in panel.badge["class"]

    @pytest.mark.parametrize("path", ["/read", "/whoami", "/edit"])
    def test_a_bad_token_at_any_view(self, debugged: Debugged, path: str):
        panel = debugged.panel(path, GARBAGE)
        assert panel.word == "401 invalid_token"
        assert panel.decision.startswith("It was refused: This is not an access token")
        assert panel.facts["valid"] == "no: This is not an access token of this server."

    def test_a_malformed_token(self, debugged: Debugged):
        assert debugged.panel("/read", bearer("oat_ x")).word == "400 invalid_request"

    def test_an_expired_token(self, debugged: Debugged):
        token, clock = debugged.server.token(), Clock(debugged.server)
        clock.now += 100_000
        panel = debugged.panel("/read", bearer(token))
        assert (panel.word, panel.facts["prefix"]) == ("401 invalid_token", "oat_ (access_token)")
        assert "expired" in panel.facts["valid"]

    def test_a_missing_scope(self, debugged: Debugged):
        panel = debugged.panel("/write", bearer(debugged.server.token("read")))
        assert panel.word == "403 insufficient_scope"
        assert panel.decision == "It was refused: The access token needs the scope: write."

    def test_a_scope_that_is_demanded_within_the_view(self, debugged: Debugged):
        panel = debugged.panel("/ask_for_more", bearer(debugged.server.token("read")))
        assert panel.word == "403 insufficient_scope"
        assert panel.decision.startswith("The view itself refused it: ")

    def test_a_missing_permission(self, debugged: Debugged):
        panel = debugged.panel("/delete", bearer(debugged.server.token("write", user="alice")))
        assert panel.word == "403"
        assert panel.decision == (
            "It was refused: the token, or its user, does not have the permission 'delete'."
        )

    def test_the_application_s_own_refusal_is_its_answer(self, debugged: Debugged):
        panel = debugged.panel("/forbid", bearer(debugged.server.token()))
        assert panel.word == "let in"
        assert panel.decision.endswith("answered 302.")  # To its login page.

    def test_a_cookie_where_only_tokens_count(self, debugged: Debugged):
        debugged.server.get("/login?user=bob")
        assert debugged.panel("/read").word == "401"

    def test_a_cookie_beside_oauth2_only_false(self, debugged: Debugged):
        debugged.server.get("/login?user=bob")
        panel = debugged.panel("/both")
        assert panel.word == "no token"
        assert "the application's policy decided" in panel.decision
        assert panel.facts["oauth2_only"] == "False"

    def test_a_cookie_at_a_view_of_the_application(self, debugged: Debugged):
        debugged.server.get("/login?user=bob")
        panel = debugged.panel("/edit")
        assert "pyramid_oauth2 had no say" in panel.decision

    def test_a_token_at_a_view_of_the_application(self, debugged: Debugged):
        panel = debugged.panel("/whoami", bearer(debugged.server.token(user="bob")))
        assert panel.word == "nobody"
        assert "declares no oauth2_scope" in panel.decision

    def test_a_token_of_the_application_s_own(self, debugged: Debugged):
        panel = debugged.panel("/whoami", bearer("app-token-of-bob"))
        assert panel.word == "not ours"

    def test_a_store_that_cannot_answer(self, debugged: Debugged):
        class Broken:
            def find(self, ref: Any) -> Any:
                raise StoreUnavailable("down")

        token = bearer(debugged.server.token())
        debugged.server.change(grants=Broken())
        panel = debugged.panel("/read", token)
        assert panel.word == "503"
        # If no guard reads the store, the panel does not either.
        assert debugged.panel("/nowhere", token).word == "not checked"


class TestTheFacts:
    def test_of_a_user_s_token(self, debugged: Debugged):
        server = debugged.server
        server.set_clock(lambda: 1_764_090_000)
        token = server.token("read write", user="bob")
        facts = debugged.panel("/both", bearer(token)).facts
        assert facts == {
            "Bearer request": BY_PREFIX,
            "Who is calling is known from": "OAuth2SecurityPolicy",
            "oauth2_scope": "read",
            "oauth2_only": "False",
            "permission": "delete",
            "prefix": "oat_ (access_token)",
            "valid": "yes",
            "client_id": "robot",
            "subject": "bob",
            "scope": "read write",
            "issued": "2025-11-25 17:00:00 UTC",
            "expires": facts["expires"],
            "grant": token[4:20],
        }
        assert re.fullmatch(r"2025-11-25 \d\d:\d\d:00 UTC", facts["expires"])

    def test_of_a_client_s_token(self, debugged: Debugged):
        facts = debugged.panel("/read", bearer(debugged.server.token())).facts
        assert facts["subject"] == "none: the client acts for itself"
        assert (facts["grant"], facts["permission"]) == ("none", "none")

    def test_of_a_cookie_s_request(self, debugged: Debugged):
        facts = debugged.panel("/whoami").facts
        assert facts == {"Bearer request": "no", "Who is calling is known from": "CookiePolicy"}

    def test_without_any_policy(self, build: Callable[..., Server]):
        debugged = Debugged(build(stock_toolbar, more_views, changes=DEVELOPMENT))
        assert debugged.panel("/fail").facts["Who is calling is known from"] == "no policy"

    @pytest.mark.parametrize(
        ("path", "rule", "prefix"),
        [("/api/x", BY_PATH, "none of ours"), ("/read", BY_VIEW, "none of ours")],
    )
    def test_the_rule_that_makes_a_token_ours(
        self, debugged: Debugged, path: str, rule: str, prefix: str
    ):
        facts = debugged.panel(path, bearer("whatever")).facts
        assert (facts["Bearer request"], facts["prefix"]) == (rule, prefix)

    @pytest.mark.parametrize("prefix", ["ort", "oac", "oin", "ocs"])
    def test_another_kind_of_token_is_named(self, debugged: Debugged, prefix: str):
        facts = debugged.panel("/read", bearer(f"{prefix}_{'0' * 65}")).facts
        assert facts["prefix"].startswith(f"{prefix}_ (")

    def test_names_are_text(self, debugged: Debugged):
        """A client_id may be any text, and the page is HTML."""
        server = debugged.server
        name = "<script>alert(1)</script>"
        server.register(name)
        panel = debugged.panel("/read", bearer(server.token(client=name)))
        assert panel.facts["client_id"] == name
        assert name not in debugged.page().text

    def test_a_time_beyond_the_calendar(self, debugged: Debugged):
        """Another authorization server may send any number."""
        debugged.server.set_clock(lambda: 10**12)
        facts = debugged.panel("/read", bearer(debugged.server.token())).facts
        assert facts["issued"] == str(10**12)


def test_the_include_says_what_it_lacks():
    config = Configurator(settings=DEVELOPMENT)
    config.include("pyramid_debugtoolbar")
    with pytest.raises(ConfigurationError, match="does not include pyramid_oauth2"):
        config.make_wsgi_app()


def test_the_add_on_may_be_included_first(build: Callable[..., Server]):
    debugged = Debugged(build(host.pages, stock_toolbar, changes=DEVELOPMENT))
    assert debugged.panel("/read").word == "401"


class TestTheRefusal:
    """By the names of the audit log."""

    def test_of_a_token_that_has_expired(self, debugged: Debugged):
        token, clock = debugged.server.token(), Clock(debugged.server)
        clock.now += 100_000
        facts = debugged.panel("/read", bearer(token)).facts
        assert facts["check"] == "token_unexpired"
        assert facts["source"] == "RFC 6750 section 3.1"
        assert facts["decided_by"] == "token"
        assert facts["compared_now"] == str(clock.now)

    def test_of_a_token_that_no_store_knows(self, debugged: Debugged):
        token = debugged.server.token()
        debugged.server.service.server.grants.revoke_token(parse_token(token), 1)
        facts = debugged.panel("/read", bearer(token)).facts
        assert facts["check"] == "token_unrevoked"
        assert token not in debugged.page().text

    def test_of_a_token_that_is_malformed(self, debugged: Debugged):
        facts = debugged.panel("/read", GARBAGE).facts
        assert facts["check"] == "access_token_kind"
        assert facts["compared_access_token"] == "(masked, 69 characters)"

    def test_of_a_scope(self, debugged: Debugged):
        facts = debugged.panel("/write", bearer(debugged.server.token("read"))).facts
        assert (facts["check"], facts["decided_by"]) == ("token_scope", "view")
        assert (facts["compared_required"], facts["compared_of_token"]) == ("write", "read")

    def test_of_a_scope_that_is_demanded_within_the_view(self, debugged: Debugged):
        facts = debugged.panel("/ask_for_more", bearer(debugged.server.token("read"))).facts
        assert facts["check"] == "token_scope"

    @pytest.mark.parametrize(
        ("path", "headers", "check"),
        [
            ("/read", {}, "token_sent"),
            ("/read", bearer("oat_ x"), "token_place"),
            ("/read?access_token=x", {}, "token_place"),
        ],
    )
    def test_without_a_token_of_use(
        self, debugged: Debugged, path: str, headers: dict[str, str], check: str
    ):
        assert debugged.panel(path, headers).facts["check"] == check

    def test_of_a_permission(self, debugged: Debugged):
        token = debugged.server.token("write", user="alice")
        assert debugged.panel("/delete", bearer(token)).facts["check"] == "token_permission"

    def test_there_is_none_of_a_request_that_was_let_in(self, debugged: Debugged):
        assert "check" not in debugged.panel("/read", bearer(debugged.server.token())).facts

"""What a request says about the login, over HTTP: where the application and the pages get it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from pyramid_oauth2.extension import ISessions
from tests.protocol.test_user_demands import Demanding

from .flow import AUTHORIZE, LONG, Flow, answer_in
from .test_authorization_plug_ins import returning


@pytest.fixture
def storage() -> dict[str, str]:
    """Nothing here depends on the store."""
    return {"oauth2.backend": "memory"}


def hints_in(location: str) -> dict[str, str]:
    """The parameters of the login's URL besides the way back."""
    found = dict(parse_qsl(urlsplit(location).query))
    del found["next"]
    return found


class TestLoginPage:
    HINTS = {"login_hint": "bob@example.com", "ui_locales": "fr de", "acr_values": "gold"}

    @pytest.mark.parametrize("state", ["xyz", LONG])
    def test_it_gets_the_hints(self, flow: Flow, state: str):
        answer = flow.log_out().ask(**self.HINTS, state=state)
        if urlsplit(answer.location).path == AUTHORIZE:
            answer = flow.browser.get(answer.location)
        assert urlsplit(answer.location).path == "/login"
        assert hints_in(answer.location) == self.HINTS

    def test_without_hints_it_gets_none(self, flow: Flow):
        assert hints_in(flow.log_out().ask().location) == {}

    def test_it_is_told_apart_from_the_page_for_new_users(self, start_flow: Callable[..., Flow]):
        flow = start_flow(
            lambda config: config.add_route("join", "/join"), sign_up_route="join"
        ).log_out()
        assert urlsplit(flow.ask().location).path == "/login"
        answer = flow.ask(prompt="create")
        assert urlsplit(answer.location).path == "/join"
        assert hints_in(answer.location) == {"prompt": "create"}

    def test_a_hint_cannot_replace_the_way_back(self, start_flow: Callable[..., Flow]):
        flow = start_flow(login_return_param="login_hint").log_out()
        location = flow.ask(login_hint="https://evil.example/").location
        found = dict(parse_qsl(urlsplit(location).query))
        assert found["login_hint"].startswith("/oauth2/authorize?")


class TestLanguage:
    """OpenID Connect Core section 3.1.2.1, ``ui_locales``."""

    @pytest.mark.parametrize(
        ("tags", "language"),
        [("de", "de"), ("de-CH", "de"), ("xx fr de", "fr"), ("en-GB de", "en"), ("xx", "en")],
    )
    def test_of_the_consent_page(self, flow: Flow, tags: str, language: str):
        assert flow.page(ui_locales=tags).html.html["lang"] == language

    def test_it_is_before_what_the_browser_asks_for(self, flow: Flow):
        page = flow.browser.get(
            AUTHORIZE,
            {**flow.parameters(ui_locales="fr")},
            headers={"Accept-Language": "de"},
        )
        assert page.html.html["lang"] == "fr"

    def test_of_a_page_that_is_opened_again(self, flow: Flow):
        handle = flow.page(ui_locales="de").form["interaction"].value
        assert flow.get({"interaction": handle}).html.html["lang"] == "de"

    def test_of_the_page_that_leads_to_another_account(self, flow: Flow):
        page = flow.page(ui_locales="de")
        (link,) = (each["href"] for each in page.html.find_all("a") if "sign_out" in each["href"])
        assert flow.browser.get(link).html.html["lang"] == "de"

    def test_of_an_error_page(self, flow: Flow):
        page = flow.ask(ui_locales="de", redirect_uri="https://other.example/")
        assert page.html.html["lang"] == "de"

    def test_of_a_page_without_it(self, flow: Flow):
        flow.page(ui_locales="de")
        assert flow.page().html.html["lang"] == "en"

    @pytest.mark.parametrize("tags", ["../../etc", "de" * 2000, "_", "- -", "LC_MESSAGES"])
    def test_what_is_no_language(self, flow: Flow, tags: str):
        assert flow.page(ui_locales=tags).html.html["lang"] == "en"


class TestAnotherAccount:
    @pytest.fixture
    def flow(self, start_flow: Callable[..., Flow]) -> Flow:
        def configure(config: Any) -> None:
            config.add_oauth2_request_extension("wanted", returning(Demanding()))

        return start_flow(configure)

    def page(self, flow: Flow, **changes: str) -> Any:
        return flow.ask(wanted=json.dumps({"sub": "alice"}), **changes)

    def test_the_page(self, flow: Flow):
        page = self.page(flow)
        assert page.status_int == 200
        assert page.html.h1.string == "Another account is needed"
        assert page.html.find("strong").string == "bob"
        assert page.headers["Cache-Control"] == "no-store"

    def test_back_to_the_client(self, flow: Flow):
        answer = flow.decide(self.page(flow), "deny")
        assert answer_in(answer.location)["error"] == "access_denied"

    def test_to_the_other_account_and_on(self, flow: Flow):
        page = self.page(flow)
        sign_out = flow.browser.get(page.html.find("a", class_="button")["href"])
        assert sign_out.html.h1.string == "Use another account?"
        answer = sign_out.form.submit()
        while urlsplit(answer.location).path != "/login":
            answer = flow.browser.get(answer.location)
        back = dict(parse_qsl(urlsplit(answer.location).query))["next"]
        page = flow.log_in("alice").browser.get(back)
        assert page.html.find("strong", string="alice")
        assert "code" in answer_in(flow.decide(page).location)

    def test_in_the_language_of_the_request(self, flow: Flow):
        assert self.page(flow, ui_locales="de").html.html["lang"] == "de"


class Sessions:
    """One session, which can be ended while a grant is opened."""

    lifetime = 60

    def __init__(self) -> None:
        self.joined: list[Any] = []
        self.lasting = True

    def join(self, joining: Any) -> str:
        self.joined.append(joining)
        return "sid-1"

    def lasts(self, subject: str, sid: str) -> bool:
        assert (subject, sid) == ("bob", "sid-1")
        return self.lasting

    def current(self, subject: str, authentication: Any, browser: str) -> None:
        return None

    def of_user(self, subject: str) -> list[Any]:
        return []

    def remove(self, subject: str, sid: str) -> None:
        return None

    def sid_of(self, said: str) -> str:
        return said

    def ending(self, subject: str) -> Any:
        raise AssertionError(subject)

    def close(self) -> None:
        pass


class TestSessions:
    """A plug-in that keeps in which sessions a user has signed in at clients."""

    @pytest.fixture
    def sessions(self) -> Sessions:
        return Sessions()

    @pytest.fixture
    def flow(self, start_flow: Callable[..., Flow], sessions: Sessions) -> Flow:
        return start_flow(lambda config: config.set_oauth2_sessions(returning(sessions)))

    def test_it_has_what_the_interface_names(self, sessions: Sessions):
        assert all(hasattr(sessions, name) for name in ISessions.names())  # type: ignore[misc]

    def test_a_grant_belongs_to_one(self, flow: Flow, sessions: Sessions):
        flow.redeem(flow.code())
        (joining,) = sessions.joined
        assert (joining.client.client_id, joining.subject) == ("web", "bob")
        assert joining.request.scope == {"read"}
        (grant,) = flow.server.service.server.grants.grants("bob").items
        assert b'"sid":"sid-1"' in grant.data

    def test_nothing_is_joined_before_the_user_allows_it(self, flow: Flow, sessions: Sessions):
        flow.decide(flow.page(), "deny")
        assert sessions.joined == []

    def test_one_that_ends_meanwhile_ends_the_grant(self, flow: Flow, sessions: Sessions):
        page = flow.page()
        sessions.lasting = False
        answer = flow.decide(page)
        assert answer.html.h1.string == "You have been signed out"
        (grant,) = flow.server.service.server.grants.grants("bob").items
        assert grant.revoked_at is not None

    def test_without_a_page(self, flow: Flow, sessions: Sessions):
        flow.code()
        sessions.lasting = False
        answer = flow.ask(prompt="none")
        assert answer_in(answer.location)["error"] == "login_required"

"""What the pages for clients say, so that a reader knows what it is about and what will happen."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pyramid_oauth2 import Client

from .client_pages import APPLICATIONS, ClientPages, words
from .server import Clock

DESCRIPTION = "Read your data"
USERS_WORDS = (
    DESCRIPTION,
    "Consent",
    "a user may leave out",
    "What users allowed",
    "Users read it",
)


class TestAClientThatActsForItself:
    """RFC 6749 section 4.4: no user allows it anything."""

    @pytest.fixture
    def robot(self, pages: ClientPages) -> Client:
        return pages.registered("machine")

    @pytest.mark.parametrize("page", ["client", "edit", "withdraw"])
    def test_no_word_of_users(self, pages: ClientPages, robot: Client, page: str):
        shown = words(pages.get(page, client_id=robot.client_id))
        assert [text for text in USERS_WORDS if text in shown] == []
        assert "users who allowed it" not in shown

    def test_nor_where_it_is_registered(self, pages: ClientPages):
        for application_type in ("machine", "api"):
            shown = words(pages.get("register", kind=application_type))
            assert [text for text in USERS_WORDS if text in shown] == []
        assert "What it may do itself" in words(pages.get("register", kind="machine"))

    def test_what_it_may_do_itself(self, pages: ClientPages, robot: Client):
        assert "What it may do itself read" in words(pages.get("client", client_id=robot.client_id))
        assert "What it may do itself read write" in words(
            pages.get("edit", client_id=robot.client_id)
        )

    def test_editing_it_keeps_what_is_not_asked(self, pages: ClientPages, robot: Client):
        pages.server.service.clients.edit(robot.client_id, consent="ask")
        pages.get("edit", client_id=robot.client_id).form.submit(status=303)
        assert pages.client(robot.client_id).consent == "ask"

    def test_what_a_user_might_leave_out_can_be_mended_where_it_is_there(
        self, pages: ClientPages, robot: Client
    ):
        read = frozenset({"read"})
        pages.server.service.clients.edit(robot.client_id, optional_scope=read)
        form = pages.get("edit", client_id=robot.client_id).form
        form.fields["optional_scope"][0].checked = False
        form.submit(status=303)
        assert pages.client(robot.client_id).optional_scope == frozenset()

    def test_a_client_that_users_allow_has_these_words(self, pages: ClientPages):
        web = pages.registered("web")
        texts = (words(pages.get(page, client_id=web.client_id)) for page in ("client", "edit"))
        shown = " ".join(texts)
        assert [text for text in USERS_WORDS if text not in shown] == []


def test_what_origins_are_for(pages: ClientPages):
    web = pages.registered("web")
    for page in (
        pages.get("register", kind="single-page"),
        pages.get("edit", client_id=web.client_id),
    ):
        hint = " ".join(page.html.find(id="allowed_origins-hint").string.split())
        assert hint.startswith("Only a single-page application needs this")
        assert "without an address here the application gets no token" in hint
        assert "https://app.example" in hint


@pytest.mark.parametrize("language", ["en", "de"])
def test_mistakes_are_named_as_their_fields_are(
    start_pages: Callable[..., ClientPages], language: str
):
    pages = start_pages(lambda config: config.set_locale_negotiator(lambda request: language))
    page = pages.register("single-page", redirect_uris="", allowed_origins="x", client_name="")
    for link in page.html.select(".problems a"):
        field = link["href"].removeprefix("#")
        assert link.string == page.html.find("label", attrs={"for": field}).string
        assert link.find_parent(lang=True)["lang"] == language
    assert len(page.html.select(".problems a")) == 3


class TestTwoSecrets:
    @pytest.fixture
    def client_id(self, pages: ClientPages) -> str:
        """A client whose secret was made new at noon, with a day for the old one."""
        clock = Clock(pages.server)
        clock.now = 1_800_014_400
        client = pages.registered("machine")
        clock.now += 3600
        pages.get("secret", client_id=client.client_id).form.submit()
        return client.client_id

    def test_which_is_which_and_until_when(self, pages: ClientPages, client_id: str):
        shown = pages.get("client", client_id=client_id).html.select(".secrets li")
        assert [" ".join(item.get_text("").split()) for item in shown] == [
            "Current secret, made Jan 15, 2027, 1:00 PM UTC",
            "Earlier secret, made Jan 15, 2027, 12:00 PM UTC: "
            "works until Jan 16, 2027, 1:00 PM UTC",
        ]

    def test_ending_the_earlier_one_asks_first(self, pages: ClientPages, client_id: str):
        page = pages.get("client", client_id=client_id)
        assert not page.forms
        before = pages.client(client_id)
        asked = page.click("End the earlier one now")
        assert "End the earlier secret of Nightly?" in words(asked)
        assert pages.client(client_id) == before
        asked.form.submit(status=303)
        assert len(pages.client(client_id).client_secrets) == 1

    def test_where_there_is_none_nothing_is_asked(self, pages: ClientPages):
        assert "client_id=robot" in pages.get("secret-earlier", 303, client_id="robot").location


@pytest.mark.parametrize("action", ["edit", "secret", "grants", "disable", "withdraw", "delete"])
def test_the_direction_of_a_name_ends_with_it(pages: ClientPages, action: str):
    """What follows a name in Arabic would else be written from right to left as well."""
    name = "مطبعة"
    pages.server.service.clients.edit("robot", client_name=name)
    page = pages.get(action, client_id="robot")
    assert f"\u2068{name}\u2069" in page.html.h1.get_text()
    assert page.html.title.string.count("\u2068") == page.html.title.string.count("\u2069") == 1


def test_revoking_says_what_happens(pages: ClientPages):
    page = pages.get("client", client_id="robot").click("Revoke all its tokens")
    assert "Revoke all tokens of robot?" in words(page)
    assert "All tokens of the client have ended." in words(page.form.submit(status=303).follow())


class TestTheWayToOnesOwnClients:
    def test_from_the_operators_pages(self, pages: ClientPages):
        page = pages.get("client", client_id="robot").click("Your clients")
        assert page.request.path == APPLICATIONS
        assert page.html.nav.find("a", string="Clients") is None

    def test_not_where_users_have_none(self, start_pages: Callable[..., ClientPages]):
        pages = start_pages(self_service="false")
        assert pages.get().html.nav.find("a", string="Your clients") is None

"""A decision that the browser sends to no client: the page after it, and the page before."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from pyramid.i18n import TranslationStringFactory

from pyramid_oauth2 import get_service
from pyramid_oauth2.extension import ConsentBlock, KeptValues
from tests.browser.application import configurator
from tests.devices import GRANT_TYPE, device_request, plug

from .test_pages import Visitor, in_language, words

_ = TranslationStringFactory("pyramid_oauth2")


class Blocks:
    """A request extension that has a block for the user."""

    parameters = ()
    place = "grant"
    critical = False

    def read(self, parameters: Any, client: Any, access: Any) -> Any:
        return {"account": "<b>1</b>"}

    def demands(self, value: Any) -> None:
        """Nothing of the user."""

    def blocks(self, value: Any) -> Iterable[ConsentBlock]:
        yield ConsentBlock(_("Website"), (_("Privacy policy"), f"Only account {value['account']}."))

    def covered_by(self, remembered: Any, value: Any) -> bool:
        return remembered == value

    def remember(self, value: Any, remembered: Any) -> Any:
        return value


def at_a_device(visitor: Visitor) -> Visitor:
    plug(visitor.registry)
    visitor.register("tv", client_name="Living <room>", grant_types=(GRANT_TYPE,))
    return visitor


def page(visitor: Visitor, **members: Any) -> Any:
    return visitor.browser.get(device_request(visitor.registry, "tv", **members))


@pytest.mark.parametrize(
    ("decision", "text"),
    [
        ("allow", "Done You have allowed Living <room> to use your account."),
        ("deny", "Nothing was allowed Living <room> may not use your account."),
    ],
)
def test_after_the_decision(decision: str, text: str) -> None:
    visitor = at_a_device(Visitor())
    before = page(visitor)
    assert "You will be sent to" not in before
    done = before.form.submit("decision", value=decision)
    assert done.status_int == 200
    assert words(done) == f"{text} You can close this window."
    assert done.headers["Cache-Control"] == "no-store"
    assert "script-src" not in done.headers["Content-Security-Policy"]
    assert done.html.main.find_all(["script", "form", "a"]) == []
    # A double click has the same page.
    assert words(before.form.submit("decision", value=decision)) == words(done)
    grants = get_service(visitor.registry).server.grants.grants("alice").items
    assert len(grants) == (decision == "allow")


@pytest.mark.parametrize(
    ("language", "allowed", "denied"),
    [
        (
            "de",
            "Fertig Sie haben Living <room> erlaubt, Ihr Konto zu nutzen.",
            "Es wurde nichts erlaubt Living <room> darf Ihr Konto nicht nutzen.",
        ),
        (
            "fr",
            "Terminé Vous avez autorisé Living <room> à utiliser votre compte.",
            "Rien n\u2019a été autorisé Living <room> ne peut pas utiliser votre compte.",
        ),
    ],
)
def test_in_another_language(language: str, allowed: str, denied: str) -> None:
    visitor = at_a_device(in_language(language))
    for decision, text in (("allow", allowed), ("deny", denied)):
        assert text in words(page(visitor).form.submit("decision", value=decision))


def test_a_page_of_its_own() -> None:
    settings = {"oauth2.renderer.done": "tests:functional/done.oauth2"}
    visitor = at_a_device(Visitor(configurator(settings)))
    assert "allowed: True, Living" in page(visitor).form.submit("decision", value="allow")


def test_an_error_is_shown() -> None:
    visitor = at_a_device(Visitor())
    before = page(visitor)
    clients = get_service(visitor.registry).clients
    clients.edit("tv", grant_types=("refresh_token",))
    refused = before.form.submit("decision", value="allow", status=400)
    assert "unauthorized_client" in refused


def test_the_login_comes_first_and_returns() -> None:
    visitor = at_a_device(Visitor(user=None))
    path = device_request(visitor.registry, "tv")
    to_login = visitor.browser.get(path, status=303)
    back = visitor.browser.post(to_login.location, {"user": "alice"}, status=303).follow()
    assert words(back.form.submit("decision", value="allow")).startswith("Done")


class TestBlocks:
    @pytest.fixture
    def visitor(self) -> Visitor:
        visitor = in_language("de")
        plug(visitor.registry, request_extensions={"account": Blocks()})
        return visitor

    def test_are_below_the_scopes_translated_and_escaped(self, visitor: Visitor) -> None:
        shown = visitor.ask()
        section = shown.html.form.find("section")
        assert section.h2.get_text() == "Website"
        lines = [each.get_text() for each in section.find_all("li")]
        assert lines == ["Datenschutzerklärung", "Only account <b>1</b>."]

    def test_are_remembered_with_the_consent(self, visitor: Visitor) -> None:
        visitor.ask().form.submit("decision", value="allow")
        visitor.ask(status=303)

    def test_of_a_stored_value(self, visitor: Visitor) -> None:
        visitor.register("tv", grant_types=(GRANT_TYPE,))
        kept = KeptValues({"account": {"account": "2"}})
        assert "Only account 2." in page(visitor, extensions=kept)

"""The list of clients: found, sorted, and a page at a time."""

from __future__ import annotations

import re

import pytest

from pyramid_oauth2.protocol.records import Page

from .client_pages import BACK, ClientPages, names, words
from .server import Clock


def test_empty_but_for_a_way_on(pages: ClientPages):
    pages.server.service.clients.delete("robot")
    page = pages.get()
    assert "There is none yet." in words(page)
    assert page.html.main.find("a", string="Register a client")["href"].endswith("/register")


@pytest.mark.parametrize("slash", ["", "/"])
def test_names_states_and_types(pages: ClientPages, slash: str):
    pages.server.register("app", client_name="An app", token_endpoint_auth_method="none",
                         grant_types=("authorization_code",), redirect_uris=(BACK,),
                         owner="alice")  # fmt: skip
    pages.server.service.clients.disable("robot")
    page = pages.browser.get(pages.root + slash)
    assert names(page) == ["robot", "An app"]
    robot, app = (" ".join(item.get_text(" ").split()) for item in page.html.select("li"))
    day = r"[A-Z]\w+ \d{1,2}, 20\d\d"
    assert re.fullmatch(f"robot disabled robot confidential · {day}", robot)
    assert re.fullmatch(f"An app not verified app public · {day} · of alice", app)


def test_search_by_the_beginning_of_the_name_or_the_whole_id(pages: ClientPages):
    for name in ("Photos", "photo store", "Phone"):
        pages.server.register(name.lower().replace(" ", "-"), client_name=name)
    assert names(pages.get(q="photo")) == ["photo store", "Photos"]
    assert names(pages.get(q="phone")) == ["Phone"]
    assert names(pages.get(q=" robot ")) == ["robot"]
    assert "There is none. Write the whole client_id" in words(pages.get(q="obot"))
    form = pages.get(q="photo").form
    assert form["q"].value == "photo"


def test_sorted_and_page_by_page(pages: ClientPages):
    clock = Clock(pages.server)
    for number in range(104):
        clock.now += 1
        pages.server.register(f"id-{number}", client_name=f"Name {999 - number}")
    for sort, expected in (
        ("client_name", [f"Name {number}" for number in range(896, 1000)]),
        ("created_at", [f"Name {999 - number}" for number in range(104)]),
    ):
        page, seen = pages.get(q="name", sort=sort), []
        while True:
            seen += names(page)
            if not (link := page.html.find("a", rel="next")):
                break
            page = pages.browser.get(link["href"])
        assert seen == expected
        assert names(page.click("First page")) == expected[:50]


@pytest.mark.parametrize("query", [{"q": "zeta"}, {}])
def test_a_page_without_any_is_not_always_the_last(
    pages: ClientPages, monkeypatch: pytest.MonkeyPatch, query: dict[str, str]
):
    """A store may look at so many clients for a page, and find none that is sought."""
    store = pages.server.service.backends[pages.server.service.settings.backend].clients
    monkeypatch.setattr(store, "search", lambda *arguments: Page((), "more"))
    page = pages.get(sort="created_at", **query)
    assert "There is none" not in words(page)
    assert "None among these; go on to the next page." in words(page)
    monkeypatch.setattr(store, "search", lambda *arguments: Page((), None))
    page = page.click("Next page")
    assert "There is none" not in words(page)
    assert "There are no more." in words(page)


def test_a_reader_who_does_not_see_tells_the_navigations_apart(pages: ClientPages):
    for number in range(60):
        pages.server.register(f"id-{number}")
    first, second = pages.get().html("nav")
    assert (first["aria-label"], second["aria-label"]) == ("Clients", "Pages")


@pytest.mark.parametrize("query", [{"sort": "owner"}, {"cursor": "x"}, {"cursor": "[" * 4000}])
def test_an_address_that_somebody_made_up(pages: ClientPages, query: dict[str, str]):
    assert "There is no such page" in words(pages.get(status="*", **query))

"""The list of clients: found, sorted, and a page at a time."""

from __future__ import annotations

import pytest

from .desk import BACK, Desk, names, words
from .server import Clock


def test_empty_but_for_a_way_on(desk: Desk):
    desk.server.service.clients.delete("robot")
    page = desk.get()
    assert "There is none yet." in words(page)
    assert page.html.main.find("a", string="Register a client")["href"].endswith("/register")


@pytest.mark.parametrize("slash", ["", "/"])
def test_names_states_and_kinds(desk: Desk, slash: str):
    desk.server.register("app", client_name="An app", token_endpoint_auth_method="none",
                         grant_types=("authorization_code",), redirect_uris=(BACK,),
                         owner="alice")  # fmt: skip
    desk.server.service.clients.disable("robot")
    page = desk.browser.get(desk.place + slash)
    assert names(page) == ["robot", "An app"]
    robot, app = (" ".join(item.get_text(" ").split()) for item in page.html.select("li"))
    assert robot.startswith("robot disabled robot confidential · 20")
    assert app.startswith("An app app public · 20")
    assert app.endswith("of alice")


def test_search_by_the_beginning_of_the_name_or_the_whole_id(desk: Desk):
    for name in ("Photos", "photo store", "Phone"):
        desk.server.register(name.lower().replace(" ", "-"), client_name=name)
    assert names(desk.get(q="photo")) == ["photo store", "Photos"]
    assert names(desk.get(q="phone")) == ["Phone"]
    assert names(desk.get(q=" robot ")) == ["robot"]
    assert "There is none. Write the whole client_id" in words(desk.get(q="obot"))
    form = desk.get(q="photo").form
    assert form["q"].value == "photo"


def test_sorted_and_page_by_page(desk: Desk):
    clock = Clock(desk.server)
    for number in range(104):
        clock.now += 1
        desk.server.register(f"id-{number}", client_name=f"Name {999 - number}")
    for sort, expected in (
        ("client_name", [f"Name {number}" for number in range(896, 1000)]),
        ("created_at", [f"Name {999 - number}" for number in range(104)]),
    ):
        page, seen = desk.get(q="name", sort=sort), []
        while True:
            seen += names(page)
            if not (link := page.html.find("a", rel="next")):
                break
            page = desk.browser.get(link["href"])
        assert seen == expected
        assert names(page.click("First page")) == expected[:50]


@pytest.mark.parametrize("query", [{"sort": "owner"}, {"cursor": "x"}, {"cursor": "[" * 4000}])
def test_an_address_that_somebody_made_up(desk: Desk, query: dict[str, str]):
    assert "There is no such page" in words(desk.get(status="*", **query))

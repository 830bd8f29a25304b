"""Disabling, enabling and deleting a client on the admin pages, and revoking its tokens."""

from __future__ import annotations

import pytest

from .desk import Desk, words


def test_disable_and_enable(desk: Desk):
    token = desk.server.token()
    asked = desk.get("client", client_id="robot").click("Disable")
    assert "every token that it has ends for good" in words(asked)
    page = asked.form.submit(status=303).follow()
    assert "robot disabled" in words(page)
    assert desk.server.ask().status_int == 401
    page = page.click("Enable").form.submit(status=303).follow()
    assert "The client may ask for tokens again." in words(page)
    assert desk.server.ask().status_int == 200
    bearer = {"Authorization": f"Bearer {token}"}
    assert desk.server.get("/read", bearer).status_int == 401


def test_revoke_all_its_tokens(desk: Desk):
    bearer = {"Authorization": f"Bearer {desk.server.token()}"}
    asked = desk.get("client", client_id="robot").click("Revoke all its tokens")
    asked.form.submit(status=303).follow()
    assert desk.server.get("/read", bearer).status_int == 401
    assert desk.server.ask().status_int == 200


@pytest.mark.parametrize("page", ["delete", "enable"])
def test_by_a_page_that_shows_an_older_client_nothing_happens(desk: Desk, page: str):
    clients = desk.server.service.clients
    clients.disable("robot")
    form = desk.get(page, client_id="robot").form
    if page == "delete":
        form["name"] = "robot"
    clients.edit("robot", owner="alice")
    before = desk.client("robot")
    answer = form.submit(status=409)
    assert "Nothing was changed now: look at the client as it is" in words(answer)
    assert desk.client("robot") == before
    for version in ({}, {"version": "x"}):
        assert desk.post(page, "robot", name="robot", **version).status_int == 400
    assert desk.client("robot") == before


@pytest.mark.parametrize("page", ["disable", "withdraw"])
def test_taking_away_works_by_an_older_page_as_well(desk: Desk, page: str):
    """An operator who disables a client in a hurry must not be sent back to review its changes."""
    form = desk.get(page, client_id="robot").form
    desk.server.service.clients.edit("robot", owner="alice")
    bearer = {"Authorization": f"Bearer {desk.server.token()}"}
    form.submit(status=303)
    assert desk.server.get("/read", bearer).status_int == 401


@pytest.mark.parametrize("name", ["", "Robot", "The robots", "robot"])
def test_delete_asks_for_the_name(desk: Desk, name: str):
    desk.server.service.clients.edit("robot", client_name="The robot")
    page = desk.get("delete", client_id="robot")
    page.form["name"] = name
    again = page.form.submit(status=422)
    assert "This is another name. Nothing was deleted." in words(again)
    again.form["name"] = "  The  robot "
    gone = again.form.submit(status=303).follow()
    assert "The client was deleted." in words(gone)
    assert desk.server.ask().status_int == 401
    assert "There is no such client" in words(again.form.submit(status=404))

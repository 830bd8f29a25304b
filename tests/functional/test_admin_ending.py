"""Disabling, enabling and deleting a client on the admin pages; taking back what it was given."""

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


def test_take_away_what_it_was_given(desk: Desk):
    bearer = {"Authorization": f"Bearer {desk.server.token()}"}
    asked = desk.get("client", client_id="robot").click("Take away what it was given")
    asked.form.submit(status=303).follow()
    assert desk.server.get("/read", bearer).status_int == 401
    assert desk.server.ask().status_int == 200


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

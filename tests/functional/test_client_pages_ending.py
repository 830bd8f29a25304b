"""Disabling, enabling and deleting a client on the admin pages; taking back what it was given."""

from __future__ import annotations

import pytest

from .client_pages import ClientPages, words
from .flow import Flow


def test_disable_and_enable(pages: ClientPages):
    token = pages.server.token()
    asked = pages.get("client", client_id="robot").click("Disable")
    assert "every token that it has ends for good" in words(asked)
    page = asked.form.submit(status=303).follow()
    assert "robot disabled" in words(page)
    assert pages.server.ask().status_int == 401
    page = page.click("Enable").form.submit(status=303).follow()
    assert "The client may ask for tokens again." in words(page)
    assert pages.server.ask().status_int == 200
    bearer = {"Authorization": f"Bearer {token}"}
    assert pages.server.get("/read", bearer).status_int == 401


def test_revoke_all_its_tokens(pages: ClientPages):
    bearer = {"Authorization": f"Bearer {pages.server.token()}"}
    asked = pages.get("client", client_id="robot").click("Revoke all its tokens")
    asked.form.submit(status=303).follow()
    assert pages.server.get("/read", bearer).status_int == 401
    assert pages.server.ask().status_int == 200


@pytest.mark.parametrize(
    ("page", "says"),
    [
        ("disable", "users who allowed it for next time are then asked again"),
        ("withdraw", "users who allowed it for next time are asked again"),
    ],
)
def test_users_are_asked_again_as_the_page_says(pages: ClientPages, page: str, says: str):
    server = pages.server
    back = "https://diary.example/back"
    usual = {"grant_types": ("authorization_code",), "scope": frozenset({"read"})}
    server.register("diary", redirect_uris=(back,), **usual)
    flow = Flow(server, "diary").log_in()
    flow.allow(redirect_uri=back)
    assert flow.ask(redirect_uri=back).status_int == 303
    asked = pages.get(page, client_id="diary")
    assert says in words(asked)
    shown = asked.form.submit(status=303).follow()
    if page == "disable":
        shown.click("Enable").form.submit(status=303)
    assert flow.ask(redirect_uri=back).status_int == 200
    flow.allow(redirect_uri=back)
    assert flow.ask(redirect_uri=back).status_int == 303


def test_a_client_without_users_asks_none(pages: ClientPages):
    pages.server.register("machine", grant_types=("client_credentials",))
    for page in ("disable", "withdraw"):
        assert "users" not in words(pages.get(page, client_id="machine"))


@pytest.mark.parametrize("page", ["delete", "enable"])
def test_by_a_page_that_shows_an_older_client_nothing_happens(pages: ClientPages, page: str):
    clients = pages.server.service.clients
    clients.disable("robot")
    form = pages.get(page, client_id="robot").form
    if page == "delete":
        form["name"] = "robot"
    clients.edit("robot", owner="alice")
    before = pages.client("robot")
    answer = form.submit(status=409)
    assert "Nothing was changed now: look at the client as it is" in words(answer)
    assert pages.client("robot") == before
    for version in ({}, {"version": "x"}):
        assert pages.post(page, "robot", name="robot", **version).status_int == 400
    assert pages.client("robot") == before


@pytest.mark.parametrize("page", ["disable", "withdraw", "enable"])
def test_a_form_that_is_sent_twice(pages: ClientPages, page: str):
    if page == "enable":
        pages.server.service.clients.disable("robot")
    form = pages.get(page, client_id="robot").form
    first, second = form.submit(status=303), form.submit(status=303)
    assert first.location == second.location
    assert 'role="status"' in second.follow()


def test_an_enabling_form_of_before_does_not_enable_a_client_that_was_disabled_again(
    pages: ClientPages,
):
    clients = pages.server.service.clients
    clients.disable("robot")
    form = pages.get("enable", client_id="robot").form
    form.submit(status=303)
    clients.disable("robot")
    form.submit(status=409)
    assert pages.client("robot").disabled_at is not None


@pytest.mark.parametrize("page", ["disable", "withdraw"])
def test_taking_away_works_by_an_older_page_as_well(pages: ClientPages, page: str):
    """Who is in a hurry to stop a client is not sent back to look at its new logo."""
    form = pages.get(page, client_id="robot").form
    pages.server.service.clients.edit("robot", owner="alice")
    bearer = {"Authorization": f"Bearer {pages.server.token()}"}
    form.submit(status=303)
    assert pages.server.get("/read", bearer).status_int == 401


@pytest.mark.parametrize("name", ["", "Robot", "The robots", "robot"])
def test_delete_asks_for_the_name(pages: ClientPages, name: str):
    pages.server.service.clients.edit("robot", client_name="The robot")
    page = pages.get("delete", client_id="robot")
    page.form["name"] = name
    again = page.form.submit(status=422)
    assert "This is another name. Nothing was deleted." in words(again)
    again.form["name"] = "  The  robot "
    gone = again.form.submit(status=303).follow()
    assert "The client was deleted." in words(gone)
    assert pages.server.ask().status_int == 401
    # Sent twice, by a double click for instance: the second response is the one that is shown.
    assert "The client was deleted." in words(again.form.submit(status=303).follow())

"""Operators see how a client came here, and approve it."""

from __future__ import annotations

from typing import Any

import pytest

from pyramid_oauth2.events import ClientChanged
from pyramid_oauth2.protocol.clients.blocked_hosts import BlockedHosts
from pyramid_oauth2.protocol.clients.source import DOCUMENT, REGISTERED, from_source
from pyramid_oauth2.protocol.records import Client

from .client_pages import APPLICATIONS, BACK, ClientPages, names, words


def add(pages: ClientPages, client_id: str, source: str = REGISTERED, **metadata: Any) -> Client:
    client = Client(client_id, client_name=client_id, redirect_uris=(BACK,), **metadata)
    added: Client = pages.server.service.clients.add(from_source(client, source)).client
    return added


@pytest.fixture
def several(pages: ClientPages) -> ClientPages:
    pages.server.register("hobby", owner="alice", redirect_uris=(BACK,))
    add(pages, "cursor")
    add(pages, "claude", DOCUMENT)
    return pages


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("operator", ["robot"]),
        ("owner", ["hobby"]),
        ("registered", ["cursor"]),
        ("document", ["claude"]),
    ],
)
def test_the_list_by_source(several: ClientPages, source: str, found: list[str]):
    page = several.get(source=source)
    assert names(page) == found
    (current,) = page.html.select(".sort [aria-current]")[1:]
    assert current["href"].endswith(f"source={source}&sort=client_name")
    assert sorted(names(page.click("anyone"))) == ["claude", "cursor", "hobby", "robot"]


def test_a_search_stays_within_the_source(several: ClientPages):
    page = several.get(source="registered")
    page.form["q"] = "c"
    assert names(page.form.submit()) == ["cursor"]
    page.form["q"] = "h"
    assert names(page.form.submit()) == []


def test_a_source_that_is_none(several: ClientPages):
    several.get(source="magic", status=404)


def test_there_is_none_of_it(pages: ClientPages):
    assert "There is none." in words(pages.get(source="document"))


def test_what_is_not_verified_is_marked(several: ClientPages):
    items = several.get().html.select("li")
    marked = [item.a.get_text() for item in items if "not verified" in item.get_text()]
    assert sorted(marked) == ["claude", "cursor", "hobby"]


def test_approving(several: ClientPages):
    heard: list[Any] = []
    several.server.hear(heard.append, ClientChanged)
    page = several.get("client", client_id="cursor")
    assert "Registered by itself: not verified" in words(page)
    asked = page.click("Approve")
    assert "Users read that it is verified" in words(asked)
    done = asked.form.submit(status=303).follow()
    assert "The client is approved" in words(done)
    assert "Registered by itself: approved" in words(done)
    assert done.html.find("a", string="Approve") is None
    assert [(each.client_id, each.change) for each in heard] == [("cursor", "approved")]
    again = asked.form.submit(status=303).follow()
    assert "The client is approved" in words(again)


def test_what_was_changed_meanwhile_is_not_approved(several: ClientPages):
    """The operator has inspected something else."""
    asked = several.get("approve", client_id="cursor")
    several.server.service.clients.edit("cursor", client_name="Your bank")
    asked.form.submit(status=409)
    assert "approved" not in several.server.service.clients.get("cursor").extra


def test_one_of_an_operator_needs_no_approval(several: ClientPages):
    page = several.get("client", client_id="robot")
    assert page.html.find("a", string="Approve") is None
    assert "Registered by an operator" in words(page)


def test_a_change_by_the_owner_ends_it(several: ClientPages):
    several.server.service.clients.approve("hobby")
    own = ClientPages(several.server, APPLICATIONS, "alice")
    edit = own.get("edit", client_id="hobby")
    edit.form["client_name"] = edit.form["client_name"].value or "hobby"
    edit.form.submit(status=303)
    edit = own.get("edit", client_id="hobby")
    several.server.service.clients.approve("hobby")
    own.get("edit", client_id="hobby").form.submit(status=303)
    assert several.server.service.clients.get("hobby").extra["approved"], "nothing has changed"
    edit = own.get("edit", client_id="hobby")
    edit.form["client_name"] = "Your bank"
    edit.form.submit(status=303)
    assert "approved" not in several.server.service.clients.get("hobby").extra


def test_owners_see_nothing_of_it(several: ClientPages):
    own = ClientPages(several.server, APPLICATIONS, "alice")
    assert "Registered by:" not in own.get().text
    page = own.get("client", client_id="hobby")
    assert page.html.find("a", string="Approve") is None
    own.get("approve", client_id="hobby", status=404)


class TestBlocking:
    """A host whose clients came by themselves."""

    def test_it_is_blocked_and_its_clients_are_disabled(self, several: ClientPages):
        page = several.get("client", client_id="cursor")
        asked = page.click("Block its host")
        assert [each["value"] for each in asked.html.select("[name=host]")] == ["client.example"]
        done = asked.form.submit(status=303).follow()
        assert "The host is blocked" in words(done)
        assert "Blocked host client.example" in words(done)
        assert done.html.find("a", string="Block its host") is None
        clients = several.server.service.clients
        disabled = [name for name in ("cursor", "claude", "hobby") if clients.get(name).disabled_at]
        assert disabled == ["cursor", "claude"], "what a user has registered stays"
        asked.form.submit(status=303)

    def test_one_of_several_is_chosen(self, pages: ClientPages):
        uris = (BACK, "https://evil.example/back", "http://127.0.0.1/")
        pages.server.service.clients.add(
            from_source(Client("cursor", redirect_uris=uris), REGISTERED)
        )
        asked = pages.get("block", client_id="cursor")
        assert asked.html.select("[name=host][checked]") == []
        asked.form["host"] = "evil.example"
        asked.form.submit(status=303)
        assert list(BlockedHosts(pages.server.service.server).list()) == ["evil.example"]

    @pytest.mark.parametrize("host", ["bank.example", "", None])
    def test_no_other_host(self, several: ClientPages, host: str | None):
        values = {} if host is None else {"host": host}
        assert several.post("block", "cursor", **values).status_int == 400
        assert list(BlockedHosts(several.server.service.server).list()) == []

    @pytest.mark.parametrize("client_id", ["robot", "hobby"])
    def test_of_a_client_that_people_registered_there_is_none(
        self, several: ClientPages, client_id: str
    ):
        page = several.get("client", client_id=client_id)
        assert page.html.find("a", string="Block its host") is None
        several.get("block", client_id=client_id, status=303)

    def test_owners_block_none(self, several: ClientPages):
        ClientPages(several.server, APPLICATIONS, "alice").get(
            "block", client_id="hobby", status=404
        )

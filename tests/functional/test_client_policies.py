"""What an application says of clients that come by themselves (``IClientPolicy``)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pyramid_oauth2.protocol.clients.source import source_of
from pyramid_oauth2.protocol.records import Client

from .documents import ALLOWED, SCOPES, URL, Documents, document
from .flow import Flow
from .registering import Configuration, register, registered
from .server import Server
from .test_client_registration import start

NAME = "the name of this site is for its own applications"


class OurNames:
    """The name of the site is not for others."""

    def __init__(self, server: Any, settings: Any) -> None:
        self.seen: list[tuple[str, str]] = []

    def problems(self, client: Client) -> Iterator[tuple[str, str]]:
        self.seen.append((source_of(client), client.client_name))
        if "acme" in client.client_name.lower():
            yield "client_name", NAME


def policy(config: Any) -> None:
    config.add_oauth2_client_policy("names", OurNames)


@pytest.fixture
def server(build: Callable[..., Server]) -> Server:
    return start(build, configure=policy)


def test_a_registration_is_refused(server: Server) -> None:
    answer = register(server, client_name="Acme Pay")
    assert (answer.status_int, answer.json["error"]) == (400, "invalid_client_metadata")
    assert answer.json["error_description"] == f"client_name: {NAME}"
    assert registered(server, client_name="Notes")["client_name"] == "Notes"
    seen = server.service.server.plug_ins.client_policies["names"].seen
    assert seen == [("registered", "Acme Pay"), ("registered", "Notes")]


def test_it_is_asked_again_at_a_change(server: Server) -> None:
    """About what results: an operator may have set a part of it."""
    mine = Configuration(server, registered(server, client_name="Notes"))
    before = server.service.clients.get(mine.client_id)
    answer = mine.put(client_name="Acme Pay")
    assert answer.json["error_description"] == f"client_name: {NAME}"
    assert server.service.clients.get(mine.client_id) == before
    server.service.clients.edit(mine.client_id, client_name="Notes by a guest")
    assert mine.put(client_name="Acme Pay").json["client_name"] == "Notes by a guest"


def test_a_document_is_refused(start_flow: Callable[..., Flow]) -> None:
    documents = Documents()
    documents.found[URL] = document(client_name="Acme Pay")
    settings = {**SCOPES, **ALLOWED}
    flow = start_flow(documents.configure(), policy, client_id=URL, **settings)
    page = flow.ask()
    assert page.status_int == 400
    assert "is not accepted here: client_name" in page
    assert flow.server.service.server.clients.get(URL) is None


def test_of_what_people_register_it_is_not_asked(server: Server) -> None:
    server.register("ours", client_name="Acme Shop")
    server.service.clients.edit("ours", client_name="Acme Pay")
    assert server.service.server.plug_ins.client_policies["names"].seen == []

"""``poauth2 INI client block-host``."""

from __future__ import annotations

import json

import pytest

from pyramid_oauth2.protocol.clients.source import DOCUMENT, REGISTERED, from_source
from pyramid_oauth2.protocol.records import Client

from .test_grant import open_service

BACK = "https://app.evil.example/back"
DOCUMENT_URL = "https://evil.example/client"


@pytest.fixture
def several(with_tables):
    clients = (
        from_source(Client("itself", redirect_uris=(BACK,)), REGISTERED),
        from_source(Client(DOCUMENT_URL, redirect_uris=("http://127.0.0.1/",)), DOCUMENT),
        from_source(Client("other", redirect_uris=("https://notevil.example/",)), REGISTERED),
        Client("operators", redirect_uris=(BACK,)),
        Client("owned", owner="eve", redirect_uris=(BACK,)),
    )
    with open_service(with_tables) as service:
        for client in clients:
            service.server.clients.add(client)
    return with_tables


def disabled(poauth2):
    listed = json.loads(poauth2("client", "list", "--disabled", "--json")[1])
    return sorted(each["client_id"] for each in listed)


def test_its_clients_that_came_by_themselves_are_disabled(several):
    status, out, _ = several("client", "block-host", "evil.example")
    assert (status, out) == (0, "evil.example is blocked; 2 clients disabled.\n")
    assert disabled(several) == [DOCUMENT_URL, "itself"]
    again = several("client", "block-host", "Evil.example")[1]
    assert again == "evil.example is blocked already; 0 clients disabled.\n"


def test_a_list(several):
    for host in ("b.example", "a.example"):
        several("client", "block-host", host)
    assert several("client", "blocked-hosts")[1] == "a.example\nb.example\n2 hosts blocked\n"
    listed = several("client", "blocked-hosts", "--json")[1]
    assert json.loads(listed) == ["a.example", "b.example"]


def test_one_is_accepted_again(several):
    several("client", "block-host", "evil.example")
    assert several("client", "unblock-host", "evil.example")[0] == 0
    assert several("client", "unblock-host", "evil.example")[0] == 1
    assert disabled(several) == [DOCUMENT_URL, "itself"], "they stay so"


@pytest.mark.parametrize("word", ["https://evil.example", "com", "a b.example", "*.example"])
def test_what_is_no_host(several, word):
    status, _, err = several("client", "block-host", word)
    assert status == 2
    assert "a host such as" in err

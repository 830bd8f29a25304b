"""``client_id_metadata_document_supported``: only where a client with a document can come.

A client that has a document uses it where the server says so, and does not fall back to
registration when it is refused.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pyramid_oauth2.backends.memory import MemoryBackend
from pyramid_oauth2.extension import StoreUnavailable
from pyramid_oauth2.extensions.client_id_metadata.recent_answer import SECONDS
from pyramid_oauth2.protocol.authorization.clients import store_resolved
from pyramid_oauth2.protocol.clients.cache import ClientCache
from pyramid_oauth2.protocol.clients.source import approved
from pyramid_oauth2.protocol.events import emit_nothing
from pyramid_oauth2.protocol.server_metadata import server_metadata

from . import host
from .documents import ALLOWED, DOCUMENT, SCOPES, URL
from .flow import BACK
from .server import Clock, Server
from .test_metadata import METADATA

MEMBER = "client_id_metadata_document_supported"
NAME = "client_id_metadata"
PINNED = {NAME: "pinned"}
FLOW = {"grant_types": "authorization_code refresh_token", "login_route": "login"}


@pytest.fixture
def start(build: Callable[..., Server]) -> Callable[..., Server]:
    def start(**changes: str) -> Server:
        named = {**FLOW, **SCOPES, **PINNED, **changes}
        return build(host.pages, changes={f"oauth2.{key}": text for key, text in named.items()})

    return start


@pytest.fixture
def server(start: Callable[..., Server]) -> Server:
    return start()


@pytest.fixture
def clock(server: Server) -> Clock:
    return Clock(server)


def found(server: Server) -> Any:
    """The client of the document, as the server reads it."""
    reader = server.service.server.plug_ins.client_resolvers[NAME].reader
    return reader.client(URL, json.dumps(DOCUMENT).encode(), None, 0)


def pin(server: Server) -> None:
    store_resolved(server.service.server, approved(found(server)), emit_nothing)


def says(server: Server) -> bool:
    """Whether the metadata have the member, which has one value."""
    document = server.get(METADATA).json
    assert document.get(MEMBER, True) is True
    return MEMBER in document


class TestThePinnedMode:
    def test_a_pin_in_the_store(self, server: Server, clock: Clock) -> None:
        assert not says(server)
        pin(server)
        clock.now += SECONDS - 1
        assert not says(server)
        clock.now += 1
        assert says(server)

    def test_a_pin_in_the_folder(self, start: Callable[..., Server], tmp_path: Path) -> None:
        folder = {"client_id_metadata.pinned": str(tmp_path)}
        assert not says(start(**folder))
        (tmp_path / "client.json").write_text(json.dumps(DOCUMENT))
        assert says(start(**folder))

    def test_one_that_is_approved_later(self, server: Server, clock: Clock) -> None:
        """It came while the server let in others."""
        store_resolved(server.service.server, found(server), emit_nothing)
        assert not says(server)
        server.service.clients.approve(URL)
        clock.now += SECONDS
        assert says(server)
        server.service.clients.edit(URL, approved=False)
        clock.now += SECONDS
        assert not says(server)
        server.service.clients.edit(URL, approved=True)
        clock.now += SECONDS
        assert says(server)

    @pytest.mark.parametrize("end", ["disable", "delete"])
    def test_one_that_cannot_come_any_more(self, server: Server, clock: Clock, end: str) -> None:
        pin(server)
        assert says(server)
        getattr(server.service.clients, end)(URL)
        clock.now += SECONDS
        assert not says(server)

    def test_one_that_was_exported_elsewhere(self, server: Server) -> None:
        assert server.service.clients.restore(approved(found(server)))
        assert says(server)

    def test_an_approved_client_without_a_document(self, server: Server) -> None:
        server.register("cursor", redirect_uris=(BACK,), extra={"source": "registered"})
        server.service.clients.approve("cursor")
        assert not says(server)


def test_each_worker_sees_a_pin(server: Server, clock: Clock) -> None:
    """Each has a cache of its own, and so remembers another moment."""
    one = server.service.server
    clients = ClientCache(one.clients._store, 600, lambda: clock.now)
    other = replace(one, clients=clients)
    store_resolved(one, found(server), emit_nothing)
    assert clients.get(URL) is not None, "it is cached, and not approved"
    assert MEMBER not in server_metadata(one)
    clock.now += SECONDS // 2
    assert MEMBER not in server_metadata(other)
    server.service.clients.approve(URL)
    clock.now += SECONDS // 2
    assert (MEMBER in server_metadata(one), MEMBER in server_metadata(other)) == (True, False)
    clock.now += SECONDS // 2
    assert (MEMBER in server_metadata(one), MEMBER in server_metadata(other)) == (True, True)


class TestTheStore:
    @pytest.fixture
    def asked(self, server: Server, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """The namespaces that are listed; with ``down`` in it, the store does not answer."""
        entries = server.service.server.entries
        listing, asked = entries.list, []

        def listed(namespace: str, **options: Any) -> Any:
            if "down" in asked:
                raise StoreUnavailable("db.internal is away")
            asked.append(namespace)
            return listing(namespace, **options)

        monkeypatch.setattr(entries, "list", listed)
        return asked

    def test_it_is_asked_once_a_minute(
        self, server: Server, clock: Clock, asked: list[str]
    ) -> None:
        for _ in range(5):
            assert not says(server)
        assert len(asked) == 1
        clock.now += SECONDS
        assert not says(server)
        assert len(asked) == 2

    def test_it_does_not_answer(
        self,
        server: Server,
        clock: Clock,
        asked: list[str],
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        """What was so before is said; and it is asked again a minute later, by one request."""
        pin(server)
        asked.append("down")
        assert not says(server)
        asked.clear()
        clock.now += SECONDS
        assert says(server)
        asked.append("down")
        clock.now += SECONDS
        assert says(server)
        assert says(server)
        lines = [each for each in caplog.messages if "whether a document is pinned" in each]
        assert (
            lines == ["It is not known now whether a document is pinned: db.internal is away"] * 2
        )

    def test_a_clock_that_is_set_back(self, server: Server, clock: Clock, asked: list[str]) -> None:
        assert not says(server)
        clock.now -= 3600
        pin(server)
        assert says(server)

    def test_a_backend_without_entries(
        self, start: Callable[..., Server], monkeypatch: pytest.MonkeyPatch, anew: None
    ) -> None:
        init = MemoryBackend.__init__

        def without(self: Any) -> None:
            init(self)
            self.entries = None

        monkeypatch.setattr(MemoryBackend, "__init__", without)
        with pytest.raises(Exception, match=r"set oauth2\.backend\.entries"):
            start()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({NAME: "off", "client_id_metadata.scopes": ""}, False),
        (ALLOWED, True),
        ({NAME: "open"}, True),
    ],
)
def test_the_other_modes(
    start: Callable[..., Server], changes: dict[str, str], expected: bool
) -> None:
    assert says(start(**changes)) is expected

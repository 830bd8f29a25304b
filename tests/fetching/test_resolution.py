"""A look-up of a host name has no time limit of its own: it gets one, also of an operator."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from pyramid_oauth2.fetching import Fetcher, NotConnected, TooSlow, resolution
from pyramid_oauth2.fetching.resolution import MOST_THREADS, any_addresses, public_addresses
from pyramid_oauth2.fetching.responses import Busy

URL = "https://as.example/keys"


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """A resolver that does not answer before the end of the test."""
    ended = threading.Event()

    def look_up(*_arguments: Any, **_named: Any) -> Any:
        ended.wait(30)
        raise socket.gaierror("no answer")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr("pyramid_oauth2.fetching.connections.RESOLUTION_SECONDS", 0.02)
    yield ended
    ended.set()


@pytest.mark.usefixtures("silent")
def test_no_request_waits_for_a_silent_resolver():
    """Each thread of an API would, for half a minute: one for each token that it does not know."""
    fetcher = Fetcher()
    for _ in range(MOST_THREADS):
        with pytest.raises(TooSlow, match="its name is not resolved in time"):
            fetcher.get(URL, {})
    with pytest.raises(Busy, match="too many names are being resolved"):
        fetcher.post(URL, "token=x", {})


def test_afterwards_names_are_resolved_again(silent: threading.Event):
    with pytest.raises(TooSlow):
        Fetcher().get(URL, {})
    silent.set()
    with pytest.raises(NotConnected, match="NameResolutionError"):
        Fetcher().get(URL, {})


def test_names_of_strangers_do_not_keep_those_of_operators_from_being_resolved():
    free = resolution._of_strangers()
    for _ in range(MOST_THREADS):
        assert free.acquire(blocking=False)
    try:
        with pytest.raises(Busy):
            public_addresses("app.example", lambda host: ["8.8.8.8"], 1)
        assert set(any_addresses("localhost", 5)) <= {"127.0.0.1", "::1"}
    finally:
        free.release(MOST_THREADS)


@pytest.mark.parametrize(
    ("host", "address"), [("127.0.0.1", "127.0.0.1"), ("[::1]", "::1"), ("::1", "::1")]
)
def test_an_address_needs_no_resolver(silent: threading.Event, host: str, address: str):
    assert any_addresses(host, 0.02) == [address]

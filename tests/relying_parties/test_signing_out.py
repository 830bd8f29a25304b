"""Signing out at every relying party at once (OpenID Connect Back-Channel Logout 1.0)."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.live import LiveServer

from .catalog import PARTIES
from .parties import Party, Person, party_of

NOTHING = {"id_token": None, "userinfo": None}
PATIENCE = 30  # seconds


@pytest.fixture
def party(
    request: pytest.FixtureRequest, server: LiveServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Party]:
    folder = tmp_path_factory.mktemp("party")
    with party_of(PARTIES[request.param], server, folder) as party:
        yield party


@pytest.mark.parametrize(
    "party", [name for name, kind in PARTIES.items() if kind.back_channel], indirect=True
)
def test_a_session_that_an_operator_ends(party: Party, server: LiveServer) -> None:
    """The party validates the logout token, and its own session is over; another user's is not."""
    person, other = Person(party), Person.named("bob", party)
    person.sign_in()
    other.sign_in()
    server.run("session", "end", "alice", person.page()["id_token"]["sid"])
    server.run("logout", "deliver")
    deadline = time.monotonic() + PATIENCE
    while person.page() != NOTHING and time.monotonic() < deadline:
        time.sleep(0.1)
    assert person.page() == NOTHING
    assert other.page()["id_token"]["sub"] == "bob"
    person.sign_in()
    assert person.page()["id_token"]["sub"] == "alice"

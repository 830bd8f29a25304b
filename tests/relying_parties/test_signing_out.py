"""Signing out at a relying party and at the server, and at every relying party at once.

OpenID Connect RP-Initiated Logout 1.0 and Back-Channel Logout 1.0.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
import requests

from pyramid_oauth2.jose.signing import sign
from pyramid_oauth2.openid.logout_token import logout_token
from pyramid_oauth2.scripts.ini import Ini
from tests.functional.openid_provider import parts
from tests.live import LiveServer

from .catalog import PARTIES
from .parties import Party, Person, party_of

NOTHING = {"id_token": None, "userinfo": None}
PATIENCE = 30  # seconds


WITH_LOGOUT = pytest.mark.parametrize(
    "party", [name for name, kind in PARTIES.items() if kind.logout], indirect=True
)
WITH_BACK_CHANNEL = pytest.mark.parametrize(
    "party", [name for name, kind in PARTIES.items() if kind.back_channel], indirect=True
)
# Claims that make a logout token one that is not for this party.
WRONG: dict[str, dict[str, Any]] = {
    "another audience": {"aud": "another-client"},
    "another issuer": {"iss": "https://evil.example"},
    "no event": {"events": {}},
    "a nonce": {"nonce": "n-0S6"},
}


@WITH_LOGOUT
def test_the_user_signs_out_at_a_party(party: Party, server: LiveServer) -> None:
    """It sends the user to the server, and the server sends them back."""
    person = Person(party)
    person.sign_in()
    sid = person.page()["id_token"]["sid"]
    assert sid in server.run("session", "list", "alice")
    # Some send a state.
    assert person.sign_out().partition("?")[0].rstrip("/") == party.url
    assert sid not in server.run("session", "list", "alice")
    assert person.page() == NOTHING
    forms = person.at_server.forms
    person.sign_in()
    assert person.at_server.forms == forms + 1  # The login.
    assert person.page()["id_token"]["sub"] == "alice"


@WITH_BACK_CHANNEL
def test_the_user_signs_out_at_another_party(
    party: Party, server: LiveServer, tmp_path: Path
) -> None:
    """At the party where they are not, the session is over as well."""
    with party_of(PARTIES["Authlib"], server, tmp_path) as another:
        there = Person(another)
        here = Person(party, there.at_server)
        there.sign_in()
        here.sign_in()
        assert here.page()["id_token"]["sid"] == there.page()["id_token"]["sid"]
        there.sign_out()
        assert_signed_out(here)


def assert_signed_out(person: Person) -> None:
    """Wait until the party has had its notice: no page of the server waits for that."""
    deadline = time.monotonic() + PATIENCE
    while person.page() != NOTHING and time.monotonic() < deadline:
        time.sleep(0.1)
    assert person.page() == NOTHING


@WITH_BACK_CHANNEL
def test_a_session_that_an_operator_ends(party: Party, server: LiveServer) -> None:
    """The party validates the logout token, and its own session is over; another user's is not."""
    person, other = Person(party), Person.named("bob", party)
    person.sign_in()
    other.sign_in()
    server.run("session", "end", "alice", person.page()["id_token"]["sid"])
    server.run("logout", "deliver")
    assert_signed_out(person)
    assert other.page()["id_token"]["sub"] == "bob"
    person.sign_in()
    assert person.page()["id_token"]["sub"] == "alice"


@WITH_BACK_CHANNEL
@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_logout_token_is_refused(party: Party, server: LiveServer, wrong: str) -> None:
    """Section 2.6: so what it accepts, it has validated."""
    person = Person(party)
    person.sign_in()
    sid = person.page()["id_token"]["sid"]
    with Ini(str(server.ini)).service() as service:
        client = service.clients.get(party.client.id)
        _, claims = parts(logout_token(service.server, client, "alice", sid))
        forged = sign(service.server, "logout+jwt", {**claims, **WRONG[wrong]}, "RS256")
    assert party.kind.back_channel is not None
    form = {"logout_token": forged}
    answer = requests.post(party.url + party.kind.back_channel, form, timeout=60)
    assert answer.status_code == 400
    assert person.page()["id_token"]["sid"] == sid

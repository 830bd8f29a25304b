"""A code is valid once: fifty redemptions at the same moment, spread over four processes."""

from __future__ import annotations

from collections import Counter

import pytest
import requests

from tests.live import CALLBACK, LiveClient, LiveServer
from tests.visitor import Visitor

from .flows import (
    RACERS,
    ROUNDS,
    api_status,
    authorization_url,
    code_form,
    error_of,
    post,
    race,
    refresh_form,
)

OTHER_URI = "https://client.example/other"


def test_one_of_fifty_redeems_and_the_replay_kills_what_it_got(server: LiveServer) -> None:
    client, visitor = server.register(), Visitor()
    for _ in range(ROUNDS):
        form = code_form(visitor.code(authorization_url(server, client)))
        answers = race(server, lambda at, form=form: post(at, client, form))
        assert Counter(map(error_of, answers)) == {
            (200, None): 1,
            (400, "invalid_grant"): RACERS - 1,
        }
        (won,) = (answer.json() for answer in answers if answer.ok)
        for address in server.addresses:
            assert api_status(address, won["access_token"]) == 401
            refused = post(address, client, refresh_form(won["refresh_token"]))
            assert error_of(refused) == (400, "invalid_grant")


@pytest.mark.parametrize(
    "wrong",
    [
        {"redirect_uri": OTHER_URI},
        {"redirect_uri": f"{CALLBACK}/"},
        {"code_verifier": "the-verifier-of-another-request-of-some-length"},
        {"code_verifier": ""},
    ],
)
def test_a_wrong_proof_spends_no_code(server: LiveServer, wrong: dict[str, str]) -> None:
    client = server.register("client_secret_basic", OTHER_URI)
    code = Visitor().code(authorization_url(server, client))
    # An empty parameter counts as omitted (RFC 6749 section 3.2).
    for address in server.addresses:
        assert error_of(post(address, client, code_form(code) | wrong)) == (400, "invalid_grant")
    assert_redeemable(server, client, code)


def test_another_client_spends_no_code(server: LiveServer) -> None:
    client, thief = server.register(), server.register()
    code = Visitor().code(authorization_url(server, client))
    for address in server.addresses:
        assert error_of(post(address, thief, code_form(code))) == (400, "invalid_grant")
    assert_redeemable(server, client, code)


def assert_redeemable(server: LiveServer, client: LiveClient, code: str) -> None:
    """The correct redemption works, and its token is valid."""
    answer = post(server.addresses[-1], client, code_form(code))
    assert answer.status_code == 200
    bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    me = requests.get(server.me, headers=bearer, timeout=60)
    assert me.json() == {"user": "alice", "client": client.id, "scope": "read"}

"""A code is good once: fifty redemptions at the same moment, spread over four processes."""

from __future__ import annotations

import itertools
import os
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import pytest
import requests

from tests.live import CALLBACK, LiveClient, LiveServer
from tests.visitor import Visitor

RACERS = 50
ROUNDS = max(2, int(50 * float(os.environ.get("TEST_ROUNDS", "0.1"))))

# RFC 7636 appendix B.
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
OTHER_URI = "https://client.example/other"


def authorization_url(server: LiveServer, client: LiveClient) -> str:
    parameters = {
        "response_type": "code",
        "client_id": client.id,
        "redirect_uri": CALLBACK,
        "scope": "read",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    return f"{server.authorize}?{urlencode(parameters)}"


def code_form(code: str) -> dict[str, str]:
    return {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
    }


def post(address: str, client: LiveClient, form: dict[str, str]) -> requests.Response:
    login = (client.id, client.secret)
    return requests.post(f"{address}/oauth2/token", form, auth=login, timeout=60)


def error_of(answer: requests.Response) -> tuple[int, str | None]:
    return answer.status_code, answer.json().get("error")


def race(server: LiveServer, client: LiveClient, code: str) -> list[requests.Response]:
    """Redeem *code* by everybody at once."""
    line = threading.Barrier(RACERS)

    def redeem(address: str) -> requests.Response:
        line.wait(60)
        return post(address, client, code_form(code))

    with ThreadPoolExecutor(RACERS) as racers:
        return list(racers.map(redeem, itertools.islice(itertools.cycle(server.addresses), RACERS)))


def test_one_of_fifty_redeems_and_the_replay_kills_what_it_got(server: LiveServer) -> None:
    client, visitor = server.register(), Visitor()
    for _ in range(ROUNDS):
        answers = race(server, client, visitor.code(authorization_url(server, client)))
        assert Counter(map(error_of, answers)) == {
            (200, None): 1,
            (400, "invalid_grant"): RACERS - 1,
        }
        (won,) = (answer.json() for answer in answers if answer.ok)
        bearer = {"Authorization": f"Bearer {won['access_token']}"}
        refreshing = {"grant_type": "refresh_token", "refresh_token": won["refresh_token"]}
        for address in server.addresses:
            assert requests.get(f"{address}/api/me", headers=bearer, timeout=60).status_code == 401
            refused = post(address, client, refreshing)
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
    # An empty parameter is one that was left out (RFC 6749 section 3.2).
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
    """The right redemption works, and what it gives is good."""
    answer = post(server.addresses[-1], client, code_form(code))
    assert answer.status_code == 200
    bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    me = requests.get(server.me, headers=bearer, timeout=60)
    assert me.json() == {"user": "alice", "client": client.id, "scope": "read"}

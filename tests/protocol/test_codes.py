"""The data of a code, and how wrong verifiers end it (RFC 7636, RFC 9700 section 2.1.1)."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from pyramid_oauth2.protocol.authorization.codes import CodeData, burn_after_wrong_verifiers
from pyramid_oauth2.protocol.authorization.response import approval
from pyramid_oauth2.protocol.records import AUTHORIZATION_CODE, Outcome
from pyramid_oauth2.protocol.token_strings import new_token, parse_token

from .worlds import BACK, CHALLENGE, NOW, make_client, make_request, make_server


@pytest.fixture
def server():
    return make_server()


@pytest.fixture
def ref(server):
    return parse_token(approval(server, make_client(), "bob", make_request()).parameters["code"])


def find(server, ref):
    token, _ = server.grants.find(ref)
    return token, CodeData.decode(token.data)


def test_it_survives_being_kept():
    for data in (CodeData(BACK, True), CodeData(BACK, False, CHALLENGE, 3)):
        assert CodeData.decode(data.encode()) == data


def test_the_fifth_ends_it(server, ref):
    for wrong in range(1, 5):
        burn_after_wrong_verifiers(server, ref)
        token, data = find(server, ref)
        assert (data.wrong_verifiers, token.revoked_at) == (wrong, None)
        assert data.code_challenge == CHALLENGE
    burn_after_wrong_verifiers(server, ref)
    assert find(server, ref)[0].revoked_at == NOW
    assert server.grants.redeem(find(server, ref)[0], NOW, "a" * 22, []).outcome is Outcome.DEAD


def test_guesses_at_once_are_each_counted(server, ref):
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: burn_after_wrong_verifiers(server, ref), range(4)))
    assert find(server, ref)[1].wrong_verifiers == 4


def test_a_spent_one_is_left_alone(server, ref):
    token, _ = find(server, ref)
    server.grants.redeem(token, NOW, "a" * 22, [])
    spent = find(server, ref)
    for _ in range(6):
        burn_after_wrong_verifiers(server, ref)
    assert find(server, ref) == spent


def test_one_that_is_gone_is_nothing_to_count(server):
    burn_after_wrong_verifiers(server, new_token(AUTHORIZATION_CODE, "f" * 16, os.urandom).ref)

"""The response to the client, and what is in the store by then (RFC 6749 sections 4.1.2, 4.2.2)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pyramid_oauth2.protocol.authorization.codes import CodeData
from pyramid_oauth2.protocol.authorization.interaction import begin_interaction
from pyramid_oauth2.protocol.authorization.interaction_data import Interaction
from pyramid_oauth2.protocol.authorization.request import Destination
from pyramid_oauth2.protocol.authorization.response import approval, denial, refusal
from pyramid_oauth2.protocol.authorization.unusable import UnusableInteraction
from pyramid_oauth2.protocol.errors import InvalidScope
from pyramid_oauth2.protocol.token_strings import parse_token

from .worlds import BACK, CHALLENGE, LIFETIMES, NOW, make_client, make_request, make_server

ISSUER = "https://auth.example.com"


@pytest.fixture
def server():
    return make_server()


def begin(server):
    return begin_interaction(server, Interaction(make_request(), "browser", "bob"))[1]


def test_a_code(server):
    answer = approval(server, make_client(epoch=3), "bob", make_request())
    assert (answer.redirect_uri, answer.response_mode) == (BACK, "query")
    code = answer.parameters["code"]
    assert answer.parameters == {"code": code, "state": "xyz", "iss": ISSUER}
    assert code not in repr(answer)
    token, grant = server.grants.find(parse_token(code))
    assert (token.issued_at, token.expires_at) == (NOW, NOW + 60)
    assert CodeData.decode(token.data) == CodeData(BACK, True, CHALLENGE)
    assert (grant.subject, grant.client_id, grant.epoch) == ("bob", "web", 3)
    assert (grant.scope, grant.expires_at) == ({"read"}, NOW + 60)
    assert grant.absolute_end == NOW + 86400


def test_an_access_token(server):
    asked = make_request(response_type="token", response_mode="fragment", state=None)
    answer = approval(server, make_client(), "bob", asked)
    value = answer.parameters["access_token"]
    assert answer.parameters == {
        "access_token": value,
        "token_type": "Bearer",
        "expires_in": "3600",
        "scope": "read",
        "iss": ISSUER,
    }
    token, grant = server.grants.find(parse_token(value))
    assert token.expires_at == grant.expires_at == NOW + 3600


@pytest.mark.parametrize("response_type", ["code", "token"])
def test_nothing_outlives_the_grant(server, response_type):
    short = replace(server, lifetimes=replace(LIFETIMES, grant=10))
    asked = make_request(response_type=response_type)
    values = approval(short, make_client(), "bob", asked).parameters
    value = values.get("code") or values["access_token"]
    token, grant = server.grants.find(parse_token(value))
    assert token.expires_at == grant.expires_at == grant.absolute_end == NOW + 10


def test_an_interaction_is_spent_for_it(server):
    """One operation: there is one code, and it is of the interaction's family."""
    pending = begin(server)
    code = approval(server, make_client(), "bob", make_request(), pending).parameters["code"]
    assert parse_token(code).family == pending.token.family
    before = server.grants.export().items
    for again in (
        lambda: approval(server, make_client(), "bob", make_request(), pending),
        lambda: denial(server, pending),
    ):
        with pytest.raises(UnusableInteraction):
            again()
    assert server.grants.export().items == before


def test_a_denial(server):
    pending = begin(server)
    answer = denial(server, pending)
    assert answer.parameters["error"] == "access_denied"
    assert (answer.parameters["state"], answer.parameters["iss"]) == ("xyz", ISSUER)
    with pytest.raises(UnusableInteraction):
        approval(server, make_client(), "bob", make_request(), pending)


@pytest.mark.parametrize("state", [None, "xyz"])
def test_a_refusal(server, state):
    """RFC 9207 section 2: ``iss`` in error responses too."""
    destination = Destination(make_client(), BACK, True, state, "fragment")
    answer = refusal(server, destination, InvalidScope("No."))
    expected = {"error": "invalid_scope", "error_description": "No.", "iss": ISSUER}
    assert answer.parameters == expected | ({"state": state} if state else {})
    assert (answer.redirect_uri, answer.response_mode) == (BACK, "fragment")


def test_a_family_that_was_revoked_in_advance(server):
    class Revoked:
        def open(self, grant, tokens, now):
            return False

    with pytest.raises(UnusableInteraction):
        approval(replace(server, grants=Revoked()), make_client(), "bob", make_request())

"""The decisions of the authorization endpoint, and their order (RFC 6749 section 4.1.1)."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from pyramid_oauth2.protocol.authorization.request import (
    AuthorizationRequest,
    find_destination,
    narrowed,
    read_request,
    still_a_destination,
    still_allowed,
)
from pyramid_oauth2.protocol.errors import InvalidRequest, InvalidScope, UnauthorizedClient
from pyramid_oauth2.protocol.http import Parameters

from .worlds import BACK, CHALLENGE, make_client, make_request, make_server


def parameters(**changes):
    usual = {
        "response_type": "code",
        "client_id": "web",
        "redirect_uri": BACK,
        "scope": "read",
        "state": "xyz",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    given = {name: value for name, value in (usual | changes).items() if value is not None}
    return Parameters({k: v if isinstance(v, tuple) else (v,) for k, v in given.items()})


@pytest.fixture
def server():
    server = make_server()
    server.clients.add(make_client())
    return server


def read(server, **changes):
    given = parameters(**changes)
    return read_request(server, find_destination(server, given), given)


def test_a_request_that_is_right(server):
    assert read(server) == make_request()


def test_it_survives_being_kept(server):
    for asked in (make_request(), make_request(state=None, code_challenge=None, scope=frozenset())):
        kept = json.loads(json.dumps(asked.encode()))
        assert AuthorizationRequest.decode(kept) == asked


def test_the_only_redirect_uri(server):
    asked = read(server, redirect_uri=None)
    assert (asked.redirect_uri, asked.redirect_uri_named) == (BACK, False)


@pytest.mark.parametrize("name", ["client_id", "redirect_uri"])
def test_where_an_answer_goes_is_said_once(server, name):
    with pytest.raises(InvalidRequest, match="repeated"):
        find_destination(server, parameters(**{name: ("web", "web")}))


def test_a_store_is_not_asked_for_what_no_client_can_be(server):
    class Untouchable:
        def get(self, client_id):
            raise AssertionError("the store was asked")

    with pytest.raises(UnauthorizedClient):
        find_destination(replace(server, clients=Untouchable()), parameters(client_id="x" * 513))


@pytest.mark.parametrize(
    ("changes", "mode"),
    [
        ({}, "query"),
        ({"response_mode": "fragment"}, "fragment"),
        ({"response_mode": "form_post"}, "form_post"),
        ({"response_mode": "x"}, "query"),
        ({"response_mode": ("fragment", "query")}, "query"),
        ({"response_type": "token"}, "fragment"),
        ({"response_type": ("token", "code")}, "query"),
        ({"response_type": "x"}, "query"),
        ({"response_type": None}, "query"),
    ],
)
def test_how_an_error_would_get_there(server, changes, mode):
    assert find_destination(server, parameters(**changes)).response_mode == mode


@pytest.mark.parametrize("prompt", ["login", "consent", "login consent", " consent  login ", ""])
def test_prompts(server, prompt):
    assert read(server, prompt=prompt).prompt == set(prompt.split())


@pytest.mark.parametrize("prompt", ["none login", "none x", "create", "Login", "login\tconsent"])
def test_no_prompts(server, prompt):
    with pytest.raises(InvalidRequest, match="prompt"):
        read(server, prompt=prompt)


class TestKeptForAWhile:
    def test_unchanged(self, server):
        destination = still_a_destination(server, make_request())
        assert destination.client.client_id == "web"
        still_allowed(server, destination.client, make_request())

    @pytest.mark.parametrize(
        ("change", "error"),
        [
            (lambda clients: clients.raise_epoch("web", 1, disabled_at=1), UnauthorizedClient),
            (lambda clients: clients.delete("web", 1), UnauthorizedClient),
            (lambda clients: clients.edit("web", 0, {"redirect_uris": ()}), InvalidRequest),
        ],
        ids=["disabled", "deleted", "redirect URI"],
    )
    def test_changed(self, server, change, error):
        assert change(server.clients)
        with pytest.raises(error):
            still_a_destination(server, make_request())

    @pytest.mark.parametrize(
        ("change", "error"),
        [
            ({"scope": frozenset({"write"})}, InvalidScope),
            ({"response_types": ()}, UnauthorizedClient),
            ({"grant_types": ("refresh_token",)}, UnauthorizedClient),
        ],
        ids=["scope", "response type", "grant type"],
    )
    def test_withdrawn_meanwhile(self, server, change, error):
        with pytest.raises(error):
            still_allowed(server, make_client(**change), make_request())


@pytest.mark.parametrize(
    ("asked", "optional", "kept", "left"),
    [
        ("read", "", "", "read"),
        ("read write", "", "read", "read write"),
        ("read write", "write", "", "read"),
        ("read write", "write", "write", "read write"),
        ("read", "read write", "read write", "read"),
        ("read write", "read write", "write admin", "write"),
    ],
)
def test_narrowed(asked, optional, kept, left):
    """The form may only remove scopes, and only those that the page showed as optional."""
    request = make_request(
        scope=frozenset(asked.split()), optional_scope=frozenset(optional.split())
    )
    assert narrowed(request, frozenset(kept.split())).scope == set(left.split())


def test_narrowed_to_nothing():
    with pytest.raises(InvalidScope):
        narrowed(make_request(optional_scope=frozenset({"read"})), frozenset({"write"}))

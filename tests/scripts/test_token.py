"""``poauth2 INI token inspect``."""

from __future__ import annotations

import io
import json
import os
from dataclasses import replace

import pytest

from pyramid_oauth2.protocol.authorization.interaction import begin_interaction
from pyramid_oauth2.protocol.authorization.interaction_data import Interaction
from pyramid_oauth2.protocol.authorization.response import approval
from pyramid_oauth2.protocol.token_strings import (
    new_client_secret,
    new_family,
    new_token,
    parse_token,
)
from pyramid_oauth2.scripts.poauth2 import main

from ..protocol.worlds import make_request
from .test_grant import World, open_service


@pytest.fixture
def world(with_tables):
    return World(with_tables)


def inspect(world, value, *words):
    status, out, err = world.poauth2("token", "inspect", *words, stdin=f"{value}\n")
    assert not value[8:] or value[8:] not in out + err
    return status, out, err


def members(world, value):
    status, out, _ = inspect(world, value, "--json")
    assert status == 0
    return json.loads(out)


def test_an_access_token(world):
    issued = world.issued["alice-web"]
    shown = members(world, issued.access_token)
    assert shown.pop("expires_at") - shown.pop("issued_at") == 3600
    assert shown == {
        "kind": "access_token",
        "state": "counts",
        "grant": issued.grant_id,
        "client_id": "web",
        "user": "alice",
        "scope": "read",
        "audience": "http://localhost:6543",
    }


def test_one_of_the_client_itself(world):
    shown = members(world, world.issued["web"].access_token)
    assert (shown["client_id"], shown["state"]) == ("web", "counts")
    assert shown.keys() & {"user", "grant"} == set()


def test_a_refresh_token(world):
    shown = members(world, world.issued["bob-web"].refresh_token)
    assert (shown["kind"], shown["user"], shown["scope"]) == ("refresh_token", "bob", "read")


def test_as_text(world):
    _, out, _ = inspect(world, world.issued["bob-web"].access_token)
    assert "user:        bob\n" in out
    assert "issued_at:   20" in out


def test_revoked(world):
    with open_service(world.poauth2) as service:
        ref = parse_token(world.issued["web"].access_token)
        service.server.grants.revoke_token(ref, 1)
    assert members(world, world.issued["web"].access_token)["state"] == "was revoked"


def test_of_a_grant_that_was_revoked(world):
    world.poauth2("grant", "revoke", "--user", "bob")
    state = members(world, world.issued["bob-web"].access_token)["state"]
    assert state == "belongs to a grant that was revoked (revoked by an operator)"


def test_of_a_client_whose_rights_were_withdrawn(world):
    world.poauth2("grant", "revoke", "--client", "web")
    for name in ("bob-web", "web"):
        state = members(world, world.issued[name].access_token)["state"]
        assert state == "belongs to a client whose rights were withdrawn"


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("x", "no token of this server"),
        ("", "no token on standard input"),
        ("oat_" + "0" * 65, "no token of this server"),
        (new_client_secret(os.urandom), "client secret"),
        (new_token("access_token", new_family(os.urandom), os.urandom).value, "does not know it"),
    ],
    ids=["garbage", "nothing", "made up", "secret", "unknown"],
)
def test_what_is_none(world, value, says):
    status, out, err = inspect(world, value)
    assert (status, out) == (1, "")
    assert says in err


@pytest.mark.parametrize("words", [["{}"], ["--token={}"], ["{}", "--json"], ["--json", "x", "{}"]])
def test_on_the_command_line_it_is_refused_and_not_repeated(world, words):
    value = world.issued["web"].access_token
    status, out, err = inspect(world, value, *(word.format(value) for word in words))
    assert (status, out) == (2, "")
    assert value[8:] not in err


def test_a_code(world):
    with open_service(world.poauth2) as service:
        web = service.server.clients.get("web")
        code = approval(service.server, web, "carol", make_request()).parameters["code"]
    shown = members(world, code)
    assert (shown["kind"], shown["client_id"], shown["user"]) == (
        "authorization_code",
        "web",
        "carol",
    )
    assert (shown["scope"], shown["state"]) == ("read", "counts")


def test_a_pending_request(world):
    with open_service(world.poauth2) as service:
        waiting = Interaction(make_request(), "browser", "carol")
        handle, begun = begin_interaction(service.server, waiting)
    shown = members(world, handle)
    assert (shown["kind"], shown["client_id"], shown["user"]) == ("interaction", "web", "carol")
    assert (shown["scope"], shown["state"]) == ("read", "counts")
    assert shown["expires_at"] == begun.interaction.ends_at
    with open_service(world.poauth2) as service:
        ended = replace(begun.interaction, ends_at=begun.token.issued_at)
        changes = {"data": ended.encode()}
        assert service.server.grants.amend(begun.token.ref, begun.token.version, changes)
    assert members(world, handle)["state"] == "has expired"


@pytest.mark.parametrize("kind", ["access token", "code", "pending request"])
def test_one_of_a_later_version(world, kind):
    with open_service(world.poauth2) as service:
        server = service.server
        if kind == "access token":
            value = world.issued["alice-web"].access_token
        elif kind == "code":
            web = server.clients.get("web")
            value = approval(server, web, "alice", make_request()).parameters["code"]
        else:
            value, _ = begin_interaction(server, Interaction(make_request(), "browser", "alice"))
        token, _ = server.grants.find(parse_token(value))
        data = json.dumps({**json.loads(token.data), "critical": ["later"]}).encode()
        server.grants.amend(token.ref, token.version, {"data": data})
    shown = members(world, value)
    assert shown["state"] == "needs a later version of the server"
    assert shown.get("user") == (None if kind == "pending request" else "alice")


def test_used(world):
    """The end of its grant takes precedence, as in the store."""
    spent = world.issued["bob-web"].refresh_token
    with open_service(world.poauth2) as service:
        token, _ = service.server.grants.find(parse_token(spent))
        service.server.grants.redeem(token, token.issued_at + 5, "attempt", [])
    shown = members(world, spent)
    assert shown["state"] == "was used"
    assert shown["consumed_at"] == shown["issued_at"] + 5
    assert "consumed_at: 20" in inspect(world, spent)[1]
    world.poauth2("grant", "revoke", "--user", "bob")
    assert "grant that was revoked" in members(world, spent)["state"]


def test_the_grants_reason_explains_no_token_that_was_revoked_before(world):
    value = world.issued["bob-web"].access_token
    with open_service(world.poauth2) as service:
        service.server.grants.revoke_token(parse_token(value), 1)
    world.poauth2("grant", "revoke", "--user", "bob")
    assert members(world, value)["state"] == "was revoked"


def test_what_cannot_be_read(world, monkeypatch):
    """Bytes that are not text, and the end of the input instead of a token."""
    stdin = io.TextIOWrapper(io.BytesIO(b"\xff\xfe\n"), encoding="utf-8")
    monkeypatch.setattr("sys.stdin", stdin)
    assert main([str(world.poauth2.path), "token", "inspect"]) == 1

    def end_of_input(prompt: str) -> str:
        raise EOFError

    monkeypatch.setattr("getpass.getpass", end_of_input)
    monkeypatch.setattr(stdin, "isatty", lambda: True, raising=False)
    assert main([str(world.poauth2.path), "token", "inspect"]) == 1

"""``poauth2 INI user``."""

from __future__ import annotations

import json
import logging

import pytest

from pyramid_oauth2.protocol.authorization.consent import remember_consent
from pyramid_oauth2.protocol.clients.cache import ClientCache
from pyramid_oauth2.protocol.clients.unreadable import UnreadableClient, UnwritableClient
from pyramid_oauth2.protocol.records import Client
from pyramid_oauth2.protocol.users import Users
from tests.protocol.worlds import make_client, make_request

from .test_grant import EVERYTHING, World, open_service


@pytest.fixture
def world(with_tables):
    """Alice allows two clients, one of which is remembered, and owns a third."""
    world = World(with_tables)
    with open_service(with_tables) as service:
        asked = make_request()
        remember_consent(service.server, asked, asked, make_client(), "alice")
        service.server.clients.add(Client("own", client_name="Her app", owner="alice"))
    return world


def show(world, subject="alice"):
    return json.loads(world.poauth2("user", "show", subject, "--json")[1])


def own_client(world):
    (client,) = show(world)["clients"]
    return client


class TestShow:
    def test_as_json(self, world):
        found = show(world)
        grants = {one["client_id"]: one["grants"] for one in found["authorizations"]}
        assert grants == {"web": [world.grant("alice-web")], "app": [world.grant("alice-app")]}
        assert (found["subject"], found["complete"]) == ("alice", True)
        assert own_client(world) == {
            "client_id": "own",
            "client_name": "Her app",
            "disabled": False,
        }

    def test_as_text(self, world):
        world.poauth2("grant", "revoke", world.grant("alice-web"))
        world.poauth2("client", "disable", "own")
        status, out, _ = world.poauth2("user", "show", "alice")
        assert status == 0
        assert "alice allows 2 clients\n" in out
        assert "    web  'web'\n        read\n        since 20" in out
        assert ", a remembered consent\n" in out
        assert ", 1 grant\n" in out
        assert "alice owns 1 client\n    own  'Her app'  (disabled)\n" in out

    def test_a_deleted_client(self, world):
        world.poauth2("client", "delete", "web", "--yes")
        assert "    web  (deleted)\n" in world.poauth2("user", "show", "bob")[1]

    def test_a_name_does_not_command_the_terminal(self, world):
        out = world.poauth2("user", "show", "\x1b[2Jmallory")[1]
        assert "\x1b" not in out
        assert "mallory" in out


class TestRevoke:
    def test_everything(self, world, caplog):
        caplog.set_level(logging.INFO, "pyramid_oauth2.audit")
        status, out, _ = world.poauth2("user", "revoke", "alice")
        assert status == 0
        assert out == "alice: 2 grants revoked, with every token; 1 consent forgotten.\n"
        assert world.living() == {"bob-web", "web"}
        assert show(world)["authorizations"] == []
        assert not own_client(world)["disabled"]
        assert caplog.text.count("event=GrantRevoked") == 2
        assert caplog.text.count("event=ConsentWithdrawn") == 2
        assert caplog.text.count('reason="revoked by an operator"') == 4

    def test_one_client(self, world):
        out = world.poauth2("user", "revoke", "alice", "--client", "app", "--json")[1]
        assert json.loads(out) == {
            "subject": "alice",
            "grants": 1,
            "consents": 0,
            "clients": 0,
            "sessions": 0,
        }
        assert world.living() == EVERYTHING - {"alice-app"}

    def test_grant_revoke_keeps_the_consent(self, world):
        """As its help says: the client gets new tokens without asking."""
        world.poauth2("grant", "revoke", "--user", "alice")
        (allowed,) = show(world)["authorizations"]
        assert (allowed["client_id"], allowed["grants"]) == ("web", [])


class TestForget:
    def test_everything(self, world, caplog):
        caplog.set_level(logging.INFO, "pyramid_oauth2.audit")
        status, out, _ = world.poauth2("user", "forget", "alice")
        assert status == 0
        assert "1 consent forgotten; 1 client disabled.\n" in out
        assert "oauth2.client_cache" in out
        assert world.living() == {"bob-web", "web"}
        assert own_client(world)["disabled"]
        assert "event=UserForgotten subject=alice grants=2 consents=1 clients=1" in caplog.text

    def test_twice(self, world):
        world.poauth2("user", "forget", "alice")
        out = world.poauth2("user", "forget", "alice", "--json")[1]
        assert json.loads(out) == {
            "subject": "alice",
            "grants": 0,
            "consents": 0,
            "clients": 0,
            "sessions": 0,
        }

    @pytest.mark.parametrize("as_json", [(), ("--json",)])
    def test_a_client_that_cannot_be_disabled(self, world, monkeypatch, as_json):
        """As with Redis, where a record that cannot be read is written only to delete it."""

        def refuses(self, client_id, *arguments, **more):
            raise UnwritableClient(f"{client_id} cannot be read")

        unreadable = UnreadableClient("own", owner="alice", disabled_at=0)
        monkeypatch.setattr(Users, "clients", lambda self, subject: [unreadable])
        monkeypatch.setattr(ClientCache, "raise_epoch", refuses)
        status, out, err = world.poauth2("user", "forget", "alice", *as_json)
        assert status == 1
        assert "own: not disabled, since the stored record of the client cannot be read" in err
        assert "delete the client" in err
        assert ('"not_disabled": ["own"]' in out) is bool(as_json)
        assert world.living() == {"bob-web", "web"}


@pytest.mark.parametrize("subcommand", ["revoke", "forget"])
@pytest.mark.parametrize("subject", ["alice", "someone-else"])
def test_while_nothing_is_written(world, subcommand, subject):
    """Also for a user who has nothing: the command must not look as if it had worked."""
    world.poauth2.write(more="oauth2.read_only = true")
    status, out, err = world.poauth2("user", subcommand, subject)
    assert (status, out) == (1, "")
    assert "poauth2: oauth2.read_only = true" in err
    assert world.living() == EVERYTHING


@pytest.mark.parametrize("subcommand", ["show", "revoke", "forget"])
@pytest.mark.parametrize("subject", ["", "x" * 256, "\udcff"])
def test_a_name_that_is_none(world, subcommand, subject):
    """As from an unset variable of the shell."""
    status, _, err = world.poauth2("user", subcommand, subject)
    assert (status, "argument" in err) == (2, True)
    assert world.living() == EVERYTHING

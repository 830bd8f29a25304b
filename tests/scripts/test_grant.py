"""``poauth2 INI grant``."""

from __future__ import annotations

import json
import logging
from contextlib import contextmanager

import pytest

from pyramid_oauth2.backends.contract.factories import new_grant, new_token
from pyramid_oauth2.protocol.access import Access
from pyramid_oauth2.protocol.errors import InvalidToken
from pyramid_oauth2.protocol.records import Client
from pyramid_oauth2.protocol.token.issuance import Issuance, Open
from pyramid_oauth2.protocol.token.issuing import issue
from pyramid_oauth2.protocol.token.presentation import bearer
from pyramid_oauth2.scripts.ini import Ini

READ = frozenset({"read"})
GRANT_TYPES = ("password", "refresh_token", "client_credentials")


@contextmanager
def open_service(poauth2):
    with Ini(str(poauth2.path)).service() as service:
        yield service


class World:
    """Two clients; alice allowed both something, bob only the first."""

    def __init__(self, poauth2):
        self.poauth2 = poauth2
        with open_service(poauth2) as service:
            server = service.server
            for name in ("web", "app"):
                client = Client(name, client_name=name, grant_types=GRANT_TYPES, scope=READ)
                server.clients.add(client)
            web, app = map(server.clients.get, ("web", "app"))
            self.issued = {
                "alice-web": issue(server, web, Issuance(Access(READ), Open("alice"))),
                "alice-app": issue(server, app, Issuance(Access(READ), Open("alice"))),
                "bob-web": issue(server, web, Issuance(Access(READ), Open("bob"))),
                "web": issue(server, web, Issuance(Access(READ))),
            }

    def grant(self, name):
        return self.issued[name].grant_id

    def living(self):
        """The names of the valid tokens."""
        found = set()
        with open_service(self.poauth2) as service:
            for name, issued in self.issued.items():
                try:
                    service.resolve(bearer(issued.access_token))
                    found.add(name)
                except InvalidToken:
                    continue
        return found


@pytest.fixture
def world(with_tables):
    return World(with_tables)


def keep(world, subject, end):
    """Put a grant with that end into the store; return its id."""
    grant = new_grant(
        client_id="web", subject=subject, created_at=1, expires_at=end, absolute_end=end
    )
    with open_service(world.poauth2) as service:
        service.server.grants.open(grant, [new_token(grant=grant)], 1)
    return grant.id


EVERYTHING = {"alice-web", "alice-app", "bob-web", "web"}


class TestList:
    @pytest.mark.parametrize(
        ("words", "names"),
        [
            (("--user", "alice"), {"alice-web", "alice-app"}),
            (("--client", "web"), {"alice-web", "bob-web"}),
            (("--user", "alice", "--client", "web"), {"alice-web"}),
            (("--user", "nobody"), set()),
            (("--client", "nobody"), set()),
        ],
    )
    def test_of_a_user_or_a_client(self, world, words, names):
        status, out, _ = world.poauth2("grant", "list", *words, "--json")
        assert status == 0
        assert {grant["id"] for grant in json.loads(out)} == set(map(world.grant, names))

    def test_as_json_it_is_the_record(self, world):
        _, out, _ = world.poauth2("grant", "list", "--user", "bob", "--json")
        (grant,) = json.loads(out)
        assert (grant["subject"], grant["client_id"], grant["scope"]) == ("bob", "web", "read")
        assert isinstance(grant["created_at"], int)
        assert None not in grant.values()

    def test_as_text(self, world):
        _, out, _ = world.poauth2("grant", "list", "--user", "bob")
        assert f"{world.grant('bob-web')}  bob to web: read" in out
        assert "since 20" in out
        assert out.endswith("1 grant\n")

    def test_what_has_ended_is_listed_when_asked_for(self, world):
        world.poauth2("grant", "revoke", world.grant("bob-web"))
        assert world.poauth2("grant", "list", "--user", "bob")[1] == "0 grants\n"
        out = world.poauth2("grant", "list", "--user", "bob", "--all")[1]
        assert "revoked by an operator" in out

    def test_what_counts_no_more_though_nobody_revoked_it(self, world):
        world.poauth2("grant", "revoke", "--client", "web")
        assert world.poauth2("grant", "list", "--client", "web")[1] == "0 grants\n"
        out = world.poauth2("grant", "list", "--client", "web", "--all", "--json")[1]
        states = {grant["state"] for grant in json.loads(out)}
        assert states == {"belongs to a client whose rights were withdrawn"}
        assert "; it belongs to" in world.poauth2("grant", "list", "--user", "bob", "--all")[1]

    def test_a_name_does_not_command_the_terminal(self, world):
        keep(world, "\x1b[2Jmallory", end=4_000_000_000)
        with open_service(world.poauth2) as service:
            service.users.revoke("bob", reason="\x1b[2Jnone")
        out = world.poauth2("grant", "list", "--client", "web", "--all")[1]
        assert "\x1b" not in out
        assert "mallory" in out

    def test_it_wants_to_know_whose(self, world):
        status, _, err = world.poauth2("grant", "list")
        assert status == 2
        assert "--user SUBJECT" in err


class TestRevoke:
    def test_one(self, world):
        status, out, _ = world.poauth2("grant", "revoke", world.grant("alice-web"))
        assert (status, out[:8]) == (0, "1 grant ")
        assert world.living() == EVERYTHING - {"alice-web"}

    def test_everything_of_a_user(self, world):
        _, out, _ = world.poauth2("grant", "revoke", "--user", "alice", "--json")
        assert json.loads(out) == {"revoked": 2}
        assert world.living() == {"bob-web", "web"}
        assert json.loads(world.poauth2("grant", "revoke", "--user", "alice", "--json")[1]) == {
            "revoked": 0
        }

    def test_what_a_user_allowed_one_client(self, world):
        world.poauth2("grant", "revoke", "--user", "alice", "--client", "app")
        assert world.living() == EVERYTHING - {"alice-app"}

    def test_everything_of_a_client(self, world):
        status, out, _ = world.poauth2("grant", "revoke", "--client", "web")
        assert (status, "oauth2.client_cache" in out) == (0, True)
        assert world.living() == {"alice-app"}
        out = world.poauth2("grant", "revoke", "--client", "web", "--json")[1]
        assert json.loads(out) == {"client_id": "web", "withdrawn": True}

    def test_an_unknown_grant(self, world):
        """Given with a known one, which is not changed either."""
        status, out, err = world.poauth2("grant", "revoke", world.grant("bob-web"), "0" * 16)
        assert (status, out) == (1, "")
        assert "there is no grant 0000000000000000" in err
        assert world.living() == EVERYTHING

    def test_an_unknown_client(self, world):
        status, _, err = world.poauth2("grant", "revoke", "--client", "nobody")
        assert (status, "client list" in err) == (1, True)

    def test_two_users_are_refused(self, world):
        status, _, err = world.poauth2("grant", "revoke", "--user", "alice", "--user", "bob")
        assert (status, err.splitlines()[0]) == (2, "poauth2: option --user: it is given twice")
        assert "bob-web" in world.living()

    @pytest.mark.parametrize("words", [("--user", ""), ("--client", ""), ("",), ("0" * 17,)])
    def test_a_name_that_is_none(self, world, words):
        """An unset variable of the shell must not widen what is revoked."""
        for more in ((), ("--client", "web")):
            status, _, err = world.poauth2("grant", "revoke", *words, *more)
            named = "option" if words[0].startswith("--") else "argument"
            assert (status, err.startswith(f"poauth2: {named} ")) == (2, True)
        assert world.living() == EVERYTHING

    def test_bytes_that_are_no_text(self, world):
        assert world.poauth2("grant", "revoke", "--user", "\udcff")[0] == 2

    def test_a_grant_that_has_expired_is_not_revoked(self, world, caplog):
        caplog.set_level(logging.INFO, "pyramid_oauth2.audit")
        expired = keep(world, "carol", end=100)
        for words in ((expired,), ("--user", "carol")):
            out = world.poauth2("grant", "revoke", *words, "--json")[1]
            assert json.loads(out) == {"revoked": 0}
        assert "GrantRevoked" not in caplog.text

    @pytest.mark.parametrize("words", [(), ("0" * 16, "--user", "alice")])
    def test_it_wants_one_thing(self, world, words):
        assert world.poauth2("grant", "revoke", *words)[0] == 2
        assert world.living() == EVERYTHING

    def test_a_token_in_its_place_is_not_repeated(self, world):
        token = world.issued["bob-web"].access_token
        for words in (
            (token,),
            (f"Bearer {token}",),
            ("--user", token),
            ("--user", "alice", f"--token={token}"),
        ):
            status, out, err = world.poauth2("grant", "revoke", *words)
            assert status == 2
            assert token[8:] not in out + err
        assert world.living() == EVERYTHING

    def test_subscribers_hear_of_it(self, world, caplog):
        caplog.set_level(logging.INFO)
        world.poauth2.write(more="tests.scripts.listen = true")
        _, _, err = world.poauth2("grant", "revoke", "--user", "alice")
        assert err.count("GrantRevoked alice revoked by an operator None") == 2

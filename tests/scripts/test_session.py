"""``poauth2 INI session``."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from pyramid_oauth2.protocol.authentication import Authentication
from pyramid_oauth2.protocol.authorization.joining import Joining
from pyramid_oauth2.protocol.records import Client
from pyramid_oauth2.protocol.token.issuance import Issuance, Open
from pyramid_oauth2.protocol.token.issuing import issue
from tests.functional.openid_provider import parts
from tests.openid.parties import party
from tests.protocol.worlds import make_request

from .test_grant import open_service

SCOPE = frozenset({"openid"})


@pytest.fixture
def openid(with_tables):
    """A provider of OpenID Connect."""
    with_tables.write(f"oauth2.openid = true\noauth2.secret = {'s' * 43}")
    text = with_tables.path.read_text()
    with_tables.path.write_text(text.replace("scripts.application", "scripts.with_openid"))
    return with_tables


def sign_in(poauth2, client_id="web", subject="alice", browser="b"):
    """Sign a user in at a client; return the ``sid``."""
    with open_service(poauth2) as service:
        server = service.server
        client = server.clients.get(client_id)
        if client is None:
            client = Client(client_id, grant_types=("authorization_code",), scope=SCOPE)
            server.clients.add(client)
        request = make_request(client_id=client_id, scope=SCOPE)
        sid = server.sessions.join(Joining(client, subject, request, Authentication(1), browser))
        opened = Open(subject, authentication=Authentication(1, sid=sid))
        issue(server, client, Issuance(request.access, opened))
    return sid


def listed(poauth2, subject="alice"):
    status, out, _ = poauth2("session", "list", subject, "--json")
    assert status == 0
    return json.loads(out)


def living(poauth2, subject="alice"):
    with open_service(poauth2) as service:
        grants = service.server.grants.grants(subject).items
        return sorted(grant.client_id for grant in grants if grant.revoked_at is None)


def test_a_list(openid):
    sid = sign_in(openid)
    sign_in(openid, "app")
    (found,) = listed(openid)
    assert (found["sid"], found["auth_time"]) == (sid, 1)
    assert [each["client_id"] for each in found["clients"]] == ["app", "web"]
    status, out, _ = openid("session", "list", "alice")
    assert status == 0
    first, *clients = out.splitlines()
    assert first.startswith(f"{sid}  since 20")
    assert [line.split()[0] for line in clients] == ["app", "web"]


def test_none(openid):
    assert listed(openid) == []
    assert openid("session", "list", "alice")[1] == "alice has no session.\n"


def test_one_is_ended(openid):
    ended, kept = sign_in(openid), sign_in(openid, "app", browser="other")
    assert openid("session", "end", "alice", ended) == (0, "alice: 1 session ended.\n", "")
    assert [each["sid"] for each in listed(openid)] == [kept]
    assert living(openid) == ["app"]
    status, _, err = openid("session", "end", "alice", ended)
    assert (status, err) == (1, "poauth2: alice has no such session.\n")


def test_a_sid_of_the_application_may_be_long(openid):
    status, _, err = openid("session", "end", "alice", "s" * 300)
    assert (status, err) == (1, "poauth2: alice has no such session.\n")


def test_a_sid_may_look_like_an_option(openid):
    """``secrets.token_urlsafe`` makes such ones."""
    status, _, err = openid("session", "end", "alice", "-hall_8")
    assert (status, err) == (1, "poauth2: alice has no such session.\n")
    assert openid("session", "end", "alice", "--al")[0] == 2


def test_all_are_ended(openid):
    sign_in(openid)
    sign_in(openid, "app", browser="other")
    sign_in(openid, subject="bob")
    assert openid("session", "end", "alice", "--all")[1] == "alice: 2 sessions ended.\n"
    assert listed(openid) == []
    assert len(listed(openid, "bob")) == 1
    assert openid("session", "end", "alice", "--all")[1] == "alice: 0 sessions ended.\n"


@pytest.mark.parametrize("words", [(), ("s-1", "--all")])
def test_it_is_one_or_all(openid, words):
    status, _, err = openid("session", "end", "alice", *words)
    assert status == 2
    assert "name one session, or --all" in err


def test_with_the_user_they_end(openid):
    sign_in(openid)
    out = openid("user", "revoke", "alice")[1]
    assert "1 session ended" in out
    assert listed(openid) == []


class TestDelivery:
    """Back-Channel Logout 1.0."""

    @pytest.fixture
    def rp(self, openid):
        with open_service(openid) as service, party() as its:
            extra = {"backchannel_logout_uri": its.url}
            client = Client("web", grant_types=("authorization_code",), scope=SCOPE, extra=extra)
            service.server.clients.add(client)
            yield its

    def test_a_command_that_ends_sessions_sends_before_it_ends(self, openid, rp):
        sid = sign_in(openid)
        assert openid("session", "end", "alice", "--all")[0] == 0
        (token,) = rp.tokens
        assert parts(token)[1]["sid"] == sid
        assert openid("logout", "deliver") == (0, "0 sent, 0 to be tried again, 0 given up\n", "")

    def test_what_is_left(self, openid, rp):
        rp.statuses = [500]
        sign_in(openid)
        openid("user", "revoke", "alice")
        assert len(rp.got) == 1
        with open_service(openid) as service:
            (entry,) = service.entries.list("logout_notice").items
            members = {**json.loads(entry.data), "due_at": 1}
            changed = replace(entry, data=json.dumps(members).encode())
            assert service.entries.put(changed, entry.version)
        assert openid("logout", "deliver")[:2] == (0, "1 sent, 0 to be tried again, 0 given up\n")
        assert len(rp.got) == 2

    def test_what_cannot_be_sent(self, openid, rp):
        rp.statuses = [500, 500]
        sign_in(openid)
        openid("session", "end", "alice", "--all")
        with open_service(openid) as service:
            (entry,) = service.entries.list("logout_notice").items
            members = {**json.loads(entry.data), "due_at": 1}
            changed = replace(entry, data=json.dumps(members).encode())
            assert service.entries.put(changed, entry.version)
        status, out, _ = openid("logout", "deliver")
        assert (status, out) == (1, "0 sent, 1 to be tried again, 0 given up\n")


@pytest.mark.parametrize(
    "words",
    [
        ("session", "list", "alice"),
        ("session", "end", "alice", "--all"),
        ("logout", "deliver"),
    ],
)
def test_without_openid_connect(with_tables, words):
    status, _, err = with_tables(*words)
    assert status == 2
    assert "oauth2.openid" in err

"""The lines of whole flows in the audit log, in order."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest

from pyramid_oauth2.interfaces import IOAuth2Event
from tests.test_audit import parse

from .flow import Flow
from .server import Clock, Server, basic

WEB_AND_BOB = {"client_id": "web", "subject": "bob", "remote_addr": "192.0.2.7"}


class Log:
    """The audit log since it was last read."""

    def __init__(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.INFO, "pyramid_oauth2.audit")
        self.caplog = caplog
        self.everything = ""

    def read(self) -> list[dict[str, str]]:
        records = [r for r in self.caplog.records if r.name == "pyramid_oauth2.audit"]
        lines = [record.getMessage() for record in records]
        self.everything += "\n".join(lines)
        self.caplog.clear()
        return [parse(line) for line in lines]

    def events(self) -> list[str]:
        return [fields["event"] for fields in self.read()]


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Log:
    return Log(caplog)


@pytest.fixture
def flow(start_flow: Callable[..., Flow], log: Log) -> Flow:
    flow = start_flow()
    for browser in (flow.browser, flow.server.browser):
        browser.extra_environ["REMOTE_ADDR"] = "192.0.2.7"
    return flow


def test_the_code_flow(flow: Flow, log: Log):
    code = flow.code(scope="read write")
    (given,) = log.read()
    assert given == {"event": "ConsentGiven", "scope": "read write", **WEB_AND_BOB}
    flow.redeem(code)
    (issued,) = log.read()
    grant_id = issued.pop("grant_id")
    assert issued == {
        "event": "TokenIssued",
        "grant_type": "authorization_code",
        "scope": "read write",
        "expires_in": "3600",
        **WEB_AND_BOB,
    }
    assert {grant_id} == {record.id for record in flow.server.records() if hasattr(record, "epoch")}


def test_a_refresh_that_is_repeated_and_then_used_by_somebody_else(flow: Flow, log: Log):
    clock = Clock(flow.server)
    value = flow.tokens()["refresh_token"]
    grant_id = log.read()[-1]["grant_id"]
    flow.refresh(value)
    flow.refresh(value)
    clock.now += 30
    flow.refresh(value)

    issued, repeated, reused, revoked, refused = log.read()
    assert (issued["event"], issued["grant_type"]) == ("TokenIssued", "refresh_token")
    about_the_grant = {"grant_id": grant_id, **WEB_AND_BOB}
    assert repeated == {"event": "RefreshRepeated", **about_the_grant}
    assert reused == {"event": "RefreshReused", **about_the_grant}
    reason = "refresh token reused"
    assert revoked == {"event": "GrantRevoked", "reason": reason, **about_the_grant}
    assert refused == {
        "event": "TokenRefused",
        "client_id": "web",
        "grant_type": "refresh_token",
        "error": "invalid_grant",
        "remote_addr": "192.0.2.7",
        "check": "refresh_token_used_once",
        "source": "RFC 9700 section 4.14.2",
        "decided_by": "token",
        "compared_grant_id": grant_id,
        "compared_used_at": str(clock.now - 30),
    }


def test_a_code_that_is_replayed(flow: Flow, log: Log):
    code = flow.code()
    flow.redeem(code)
    log.read()
    flow.redeem(code)
    assert log.events() == ["CodeReplayed", "GrantRevoked", "TokenRefused"]
    flow.redeem(code)
    assert log.events() == ["TokenRefused"], "there is nothing left to end"


def test_a_client_that_revokes_what_it_has(flow: Flow, log: Log):
    """RFC 7009."""
    tokens = flow.tokens()
    grant_id = log.read()[-1]["grant_id"]
    for token in (tokens["access_token"], tokens["refresh_token"], tokens["refresh_token"]):
        flow.exchange(path="/oauth2/revoke", token=token)
    about_the_grant = {"grant_id": grant_id, **WEB_AND_BOB}
    assert log.read() == [
        {"event": "TokenRevoked", **about_the_grant},
        {"event": "GrantRevoked", "reason": "revoked by the client", **about_the_grant},
    ]


def test_the_clients_own_token(flow: Flow, log: Log):
    flow.server.ask()
    (issued,) = log.read()
    assert "subject" not in issued
    assert "grant_id" not in issued


class TestWrongSecret:
    def test_of_a_registered_client(self, flow: Flow, log: Log):
        flow.server.post({"grant_type": "client_credentials"}, basic("web", "hush"))
        (failed,) = log.read()
        assert failed == {
            "event": "ClientAuthenticationFailed",
            "client_id": "web",
            "method": "client_secret_basic",
            "remote_addr": "192.0.2.7",
            "check": "client_secret",
            "source": "RFC 6749 section 2.3.1",
            "decided_by": "client.client_secrets",
        }

    def test_of_nobody(self, flow: Flow, log: Log):
        """The text in place of the client_id may be a secret in the wrong field."""
        flow.server.post({"grant_type": "client_credentials"}, basic("a secret", "hush"))
        (failed,) = log.read()
        assert "client_id" not in failed
        assert "secret" not in log.everything.replace("client_secret_basic", "")


def test_nothing_that_opens_anything_is_in_it(flow: Flow, log: Log):
    """RFC 6819 section 5.1.4.1."""
    code = flow.code()
    first = flow.redeem(code).json
    second = flow.refresh(first["refresh_token"]).json
    flow.refresh(first["refresh_token"])
    flow.redeem(code)
    assert len(log.read()) == 7
    for value in (code, *first.values(), *second.values(), *flow.server.secrets.values()):
        # The family of a token, which is the id of its grant, is not secret.
        if isinstance(value, str) and len(value) > 43:
            assert value not in log.everything
            assert value[-49:-6] not in log.everything, "its secret part"


def test_a_user_of_a_name_that_looks_like_a_line(start_flow: Callable[..., Flow], log: Log):
    name = 'eve"\nevent=TokenIssued subject=root'
    flow = start_flow()
    flow.browser.get("/login", {"user": name}, status=200)
    flow.code()
    given = log.read()[-1]
    assert (given["event"], given["subject"]) == ("ConsentGiven", name)


def test_a_subscriber_that_fails_takes_no_line_away(build: Callable[..., Server], log: Log):
    def fail(event: Any) -> None:
        raise RuntimeError("boom")

    server = build(lambda config: config.add_subscriber(fail, IOAuth2Event))
    server.ask()
    assert log.events()[-1] == "TokenIssued"

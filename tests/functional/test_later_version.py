"""Records of a later version, which runs beside this one during a roll-out."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest

from pyramid_oauth2.protocol.records import (
    ACCESS_TOKEN,
    AUTHORIZATION_CODE,
    REFRESH_TOKEN,
    Grant,
    Token,
)
from pyramid_oauth2.protocol.token.token_response import IssuedTokens
from pyramid_oauth2.protocol.token_strings import new_family, new_token

from .allowing import articles
from .flow import BACK, VERIFIER, Flow, challenge_of
from .server import bearer

CRITICAL = {"confirmation": {"jkt": "x"}, "critical": ["confirmation"]}
HARMLESS = {"confirmation": {"jkt": "x"}}
DATA: dict[str, dict[str, Any]] = {
    ACCESS_TOKEN: {"scope": "read"},
    REFRESH_TOKEN: {},
    AUTHORIZATION_CODE: {
        "redirect_uri": BACK,
        "redirect_uri_named": True,
        "code_challenge": challenge_of(VERIFIER),
    },
}


def written(flow: Flow, kind: str, more: dict[str, Any], of_grant: bool) -> str:
    """A token of that kind issued by a later version, with extra members in it or in its grant."""
    server = flow.server.service.server
    string, now = new_token(kind, new_family(os.urandom), os.urandom), server.clock()
    own, grants = ({}, more) if of_grant else (more, {})
    grant = Grant(
        id=string.ref.family,
        client_id="web",
        epoch=0,
        subject="bob",
        scope=frozenset({"read"}),
        created_at=now,
        expires_at=now + 600,
        absolute_end=now + 600,
        data=json.dumps(grants).encode() if grants else b"",
    )
    data = json.dumps({**DATA[kind], **own}).encode()
    token = Token(*string.ref, now, now + 600, grant_id=grant.id, data=data)
    assert server.grants.open(grant, [token], now)
    return string.value


def used(flow: Flow, kind: str, value: str) -> Any:
    """The response when the token is used as its kind is used."""
    if kind == ACCESS_TOKEN:
        return flow.server.get("/read", bearer(value))
    if kind == REFRESH_TOKEN:
        return flow.refresh(value)
    return flow.redeem(value)


KINDS = pytest.mark.parametrize("kind", DATA)
WHERE = pytest.mark.parametrize("of_grant", [False, True], ids=["of token", "of grant"])


@KINDS
@WHERE
def test_what_it_does_not_know_it_passes_over(flow: Flow, kind: str, of_grant: bool) -> None:
    assert used(flow, kind, written(flow, kind, HARMLESS, of_grant)).status_int == 200


@KINDS
@WHERE
def test_what_is_critical_it_refuses(flow: Flow, kind: str, of_grant: bool) -> None:
    answer = used(flow, kind, written(flow, kind, CRITICAL, of_grant))
    if kind == ACCESS_TOKEN:
        assert answer.status_int == 401
        assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    else:
        assert (answer.status_int, answer.json["error"]) == (400, "invalid_grant")
    text = answer.headers.get("WWW-Authenticate") or answer.json["error_description"]
    assert "needs a later version of the server" in text


def test_an_answer_that_it_cannot_repeat_it_refuses(
    flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    encode = IssuedTokens.encode

    def encode_later(issued: IssuedTokens) -> bytes:
        return json.dumps({**json.loads(encode(issued)), "critical": ["later"]}).encode()

    monkeypatch.setattr(IssuedTokens, "encode", encode_later)
    spent = flow.tokens()["refresh_token"]
    assert flow.refresh(spent).status_int == 200
    answer = flow.refresh(spent)
    assert (answer.status_int, answer.json["error"]) == (400, "invalid_grant")


@WHERE
def test_a_refused_token_is_inactive(flow: Flow, of_grant: bool) -> None:
    flow.edit(resource_server=True)
    token = written(flow, ACCESS_TOKEN, CRITICAL, of_grant)
    assert flow.exchange(path="/oauth2/introspect", token=token).json == {"active": False}


@pytest.mark.parametrize("kind", [ACCESS_TOKEN, REFRESH_TOKEN])
@WHERE
def test_a_refused_token_can_be_revoked(flow: Flow, kind: str, of_grant: bool) -> None:
    token = written(flow, kind, CRITICAL, of_grant)
    assert flow.exchange(path="/oauth2/revoke", token=token).status_int == 200
    (record,) = [each for each in flow.server.records() if getattr(each, "kind", "") == kind]
    grants = [each for each in flow.server.records() if isinstance(each, Grant)]
    assert record.revoked_at or grants[0].revoked_at


def test_a_client_revokes_its_own_that_is_refused(flow: Flow) -> None:
    server = flow.server.service.server
    string, now = new_token(ACCESS_TOKEN, new_family(os.urandom), os.urandom), server.clock()
    data = {"scope": "read", "client_id": "robot", "epoch": 0, **CRITICAL}
    token = Token(*string.ref, now, now + 600, data=json.dumps(data).encode())
    server.grants.open(None, [token], now)
    assert flow.server.get("/read", bearer(string.value)).status_int == 401
    flow.exchange("robot", path="/oauth2/revoke", token=string.value)
    assert server.grants.find(token.ref)[0].revoked_at


def test_a_user_sees_a_grant_that_is_refused_and_withdraws_it(flow: Flow) -> None:
    written(flow, ACCESS_TOKEN, CRITICAL, of_grant=True)
    page = flow.browser.get("/oauth2/authorizations")
    assert len(articles(page)) == 1
    page.click("Withdraw").form.submit()
    (grant,) = [each for each in flow.server.records() if isinstance(each, Grant)]
    assert grant.revoked_at


def test_its_consent_page_says_that_another_version_has_it(flow: Flow) -> None:
    page = flow.page()
    (record,) = flow.server.records()
    data = json.dumps({**json.loads(record.data), "critical": ["pushed"]}).encode()
    assert flow.server.service.server.grants.amend(record.ref, record.version, {"data": data})
    for answer in (flow.decide(page), flow.get({"interaction": page.form["interaction"].value})):
        assert answer.status_int == 400
        assert "another version of the server" in answer.text


def test_what_it_does_not_know_of_a_page_does_not_hinder(flow: Flow) -> None:
    page = flow.page()
    (record,) = flow.server.records()
    members = json.loads(record.data)
    members["asked"]["max_age"] = members["acr"] = 5
    data = json.dumps(members).encode()
    assert flow.server.service.server.grants.amend(record.ref, record.version, {"data": data})
    assert flow.decide(page).status_int == 303


@KINDS
def test_purging_removes_them(flow: Flow, kind: str) -> None:
    written(flow, kind, CRITICAL, of_grant=True)
    grants = flow.server.service.server.grants
    assert grants.purge(flow.server.service.server.clock() + 1000).removed == 2
    assert flow.server.records() == []

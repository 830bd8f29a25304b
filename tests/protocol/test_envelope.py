"""Members that a later version wrote: ignored and preserved, or refused if they are critical."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from pyramid_oauth2.protocol.access import Access
from pyramid_oauth2.protocol.authorization.codes import CodeData, burn_after_wrong_verifiers
from pyramid_oauth2.protocol.authorization.interaction import (
    begin_interaction,
    interaction_of,
    open_interaction,
)
from pyramid_oauth2.protocol.authorization.interaction_data import Interaction
from pyramid_oauth2.protocol.authorization.response import approval
from pyramid_oauth2.protocol.authorization.unusable import UnusableInteraction
from pyramid_oauth2.protocol.envelope import NotUnderstood, check_understood
from pyramid_oauth2.protocol.records import Grant
from pyramid_oauth2.protocol.token.access_token import AccessTokenData, own_client_id
from pyramid_oauth2.protocol.token.token_response import IssuedTokens
from pyramid_oauth2.protocol.token_strings import parse_token

from .worlds import BACK, CHALLENGE, NOW, make_client, make_request, make_server

CODE = CodeData(BACK, True, CHALLENGE)
INTERACTION = Interaction(make_request(prompt=frozenset({"login"})), "browser", "bob")
TOKEN = AccessTokenData(Access(frozenset({"read"})), "robot", 3)
RECORDS = [CODE, INTERACTION, TOKEN]
GRANT = Grant("f" * 16, "web", 0, "bob", frozenset({"read"}), NOW, NOW + 60, NOW + 60)


def with_members(data: bytes, **more: Any) -> bytes:
    """The data as a version that knows *more* would have written it."""
    return json.dumps({**json.loads(data), **more}).encode()


def asked_with(interaction: Interaction, **more: Any) -> bytes:
    members = json.loads(interaction.encode())
    return json.dumps({**members, "asked": {**members["asked"], **more}}).encode()


json_values = some.recursive(
    some.none() | some.booleans() | some.integers() | some.text(),
    lambda inner: some.lists(inner) | some.dictionaries(some.text(), inner),
    max_leaves=5,
)
later = some.dictionaries(some.text(min_size=1).map("later_{}".format), json_values, max_size=4)


@given(later)
def test_a_code_keeps_what_it_does_not_know_when_it_is_changed(more: dict[str, Any]) -> None:
    read = CodeData.decode(with_members(CODE.encode(), **more))
    assert replace(read, others={}) == CODE
    written = json.loads(replace(read, wrong_verifiers=1).encode())
    assert written == {**json.loads(replace(CODE, wrong_verifiers=1).encode()), **more}


@given(later, later)
def test_an_interaction_keeps_it_and_so_does_its_request(
    more: dict[str, Any], asked: dict[str, Any]
) -> None:
    data = asked_with(INTERACTION, **asked)
    read = Interaction.decode(with_members(data, **more))
    written = json.loads(replace(read, subject="alice").encode())
    assert written == {**json.loads(data), **more, "subject": "alice"}
    assert read.request.scope == INTERACTION.request.scope


@given(later)
def test_a_sealed_answer_is_repeated_with_it(more: dict[str, Any]) -> None:
    answer = IssuedTokens("oat_x", 60, frozenset({"read"}), refresh_token="ort_x").encode()
    repeated = IssuedTokens.decode(with_members(answer, **more), GRANT)
    assert repeated.parameters() == {**json.loads(answer), **more}
    assert repeated.repeated
    assert repeated.subject == "bob"


def test_an_access_token_is_read_without_it() -> None:
    assert AccessTokenData.decode(with_members(TOKEN.encode(), acr="high")) == TOKEN


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
@pytest.mark.parametrize(
    "critical", [["confirmation"], ["scope", "confirmation"], "confirmation", {}, [[]], None, 1]
)
def test_a_critical_member_that_is_not_known_is_refused(record: Any, critical: Any) -> None:
    data = with_members(record.encode(), confirmation={"jkt": "x"}, critical=critical)
    with pytest.raises(NotUnderstood):
        type(record).decode(data)


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
def test_one_that_is_known_is_not(record: Any) -> None:
    name = next(iter(json.loads(record.encode())))
    for critical in ([], [name]):
        assert type(record).decode(with_members(record.encode(), critical=critical))


def test_a_critical_member_of_the_request_is_refused() -> None:
    with pytest.raises(NotUnderstood):
        Interaction.decode(asked_with(INTERACTION, critical=["claims"]))


@pytest.mark.parametrize(
    ("record", "members"),
    [
        (TOKEN, {"scope": 5}),
        (TOKEN, {"scope": 'a"b'}),
        (TOKEN, {"scope": None}),
        (TOKEN, {"client_id": ["robot"]}),
        (TOKEN, {"epoch": "x"}),
        (TOKEN, {"epoch": float("nan")}),
        (TOKEN, {"epoch": True}),
        (CODE, {"redirect_uri": 5}),
        (CODE, {"redirect_uri_named": 1}),
        (CODE, {"code_challenge": 5}),
        (CODE, {"wrong_verifiers": "x"}),
        (CODE, {"wrong_verifiers": None}),
        (INTERACTION, {"browser": None}),
        (INTERACTION, {"subject": 5}),
        (INTERACTION, {"login_demanded_at": "x"}),
        (INTERACTION, {"asked": 5}),
    ],
)
def test_a_member_of_another_type_is_refused(record: Any, members: dict[str, Any]) -> None:
    with pytest.raises(NotUnderstood):
        type(record).decode(with_members(record.encode(), **members))


@pytest.mark.parametrize(
    "members",
    [
        {"scope": 5},
        {"scope": [["x"]]},
        {"client_id": 5},
        {"redirect_uri": 5},
        {"state": 5},
        {"response_type": "device"},
        {"response_type": ["code"]},
        {"response_mode": "web_message"},
        {"prompt": ["of_later"]},
        {"prompt": "login"},
    ],
)
def test_a_request_for_what_is_not_known_is_refused(members: dict[str, Any]) -> None:
    with pytest.raises(NotUnderstood):
        interaction_of(make_server(), asked_with(INTERACTION, **members))


DEEP = b"[" * 100_000


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"null", b"\xff", b"{", DEEP])
def test_what_is_no_such_record_is_refused(record: Any, data: bytes) -> None:
    with pytest.raises(NotUnderstood):
        type(record).decode(data)


def test_a_record_of_which_nothing_is_known() -> None:
    for data in (b"", b"{}", b'{"acr": "high"}', b'{"critical": []}'):
        check_understood(data)
    for data in (b'{"critical": ["acr"]}', b"\xff", b"[]", DEEP):
        with pytest.raises(NotUnderstood):
            check_understood(data)


def test_whose_token_it_is_can_be_read_of_any() -> None:
    critical = with_members(TOKEN.encode(), critical=["confirmation"])
    assert own_client_id(critical) == "robot"
    for data in (b"", b"[]", b"\xff", b"{}", DEEP, b'{"client_id": 5}'):
        assert own_client_id(data) is None


def test_a_wrong_verifier_is_counted_in_a_code_of_a_later_version() -> None:
    server = make_server()
    code = approval(server, make_client(), "bob", make_request()).parameters["code"]
    ref = parse_token(code)
    assert ref
    token, _ = server.grants.find(ref) or (None, None)
    assert token
    server.grants.amend(ref, 0, {"data": with_members(token.data, nonce="n")})
    burn_after_wrong_verifiers(server, ref)
    counted, _ = server.grants.find(ref) or (None, None)
    assert counted
    data = CodeData.decode(counted.data)
    assert (data.wrong_verifiers, data.others) == (1, {"nonce": "n"})
    server.grants.amend(ref, 2, {"data": with_members(counted.data, critical=["nonce"])})
    burn_after_wrong_verifiers(server, ref)


def test_an_interaction_of_a_later_version_is_bound_after_a_login() -> None:
    server = make_server()
    server.clients.add(make_client())
    request = make_request(prompt=frozenset({"login"}))
    handle, pending = begin_interaction(server, Interaction(request))
    ref = pending.token.ref
    server.grants.amend(ref, 0, {"data": asked_with(pending.interaction, later=5)})
    found = open_interaction(server, handle, "browser", "bob", new_login_since=NOW).interaction
    assert (found.browser, found.subject, found.login_demanded_at) == ("browser", "bob", NOW)
    assert found.request.others == {"later": 5}
    token, _ = server.grants.find(ref) or (None, None)
    assert token
    critical = with_members(token.data, critical=["pushed"])
    server.grants.amend(ref, token.version, {"data": critical})
    with pytest.raises(UnusableInteraction, match="another version"):
        open_interaction(server, handle, "browser", "bob")

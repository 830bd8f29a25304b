"""What is requested, granted and allowed: scope, resources and details (RFC 8707, RFC 9396)."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyramid_oauth2.protocol.access import Access
from pyramid_oauth2.protocol.authentication import Authentication
from pyramid_oauth2.protocol.authorization.request import AuthorizationRequest
from pyramid_oauth2.protocol.envelope import NotUnderstood
from pyramid_oauth2.protocol.errors import (
    InvalidAuthorizationDetails,
    InvalidScope,
    InvalidTarget,
    InvalidToken,
)
from pyramid_oauth2.protocol.grant_data import GrantData, access_of, grant_data
from pyramid_oauth2.protocol.records import ACCESS_TOKEN, Token
from pyramid_oauth2.protocol.token.access_token import AccessToken, AccessTokenData
from pyramid_oauth2.protocol.token.claims import claims_of
from pyramid_oauth2.protocol.token.confirmation import Confirmation, confirmation_of
from pyramid_oauth2.protocol.token.issuance import Issuance, Open
from pyramid_oauth2.protocol.token.issuing import issue
from pyramid_oauth2.protocol.token.resolution import find_access_token
from pyramid_oauth2.protocol.token_strings import new_family, new_token, parse_token

from .worlds import NOW, Clock, make_client, make_request, make_server

READ, BOTH = frozenset({"read"}), frozenset({"read", "write"})
API, OTHER = "https://api.example/", "https://other.example/"
PAY: dict[str, Any] = {"type": "payment", "amount": "5"}

scopes = st.frozensets(st.sampled_from(["read", "write", "openid"]), min_size=1)
resources = st.lists(st.sampled_from([API, OTHER]), unique=True).map(tuple)
details = st.lists(st.sampled_from([PAY, {"type": "account"}]), max_size=2).map(tuple)
accesses = st.builds(Access, scopes, resources, details)
authentications = st.builds(
    Authentication,
    st.none() | st.integers(0, NOW),
    st.none() | st.text(),
    st.lists(st.text()).map(tuple),
    st.none() | st.text(),
)


@given(accesses)
def test_an_access_covers_itself_and_is_its_own_narrowest(access: Access) -> None:
    assert access.covers(access)
    assert access.narrowed_to(access, "It") == access


@given(accesses, accesses)
def test_what_was_narrowed_is_covered(access: Access, requested: Access) -> None:
    try:
        narrowed = access.narrowed_to(requested, "It")
    except (InvalidScope, InvalidTarget, InvalidAuthorizationDetails):
        return
    assert access.covers(narrowed)


@pytest.mark.parametrize(
    ("granted", "requested", "covered"),
    [
        (Access(BOTH), Access(READ), True),
        (Access(READ), Access(BOTH), False),
        (Access(READ, (API, OTHER)), Access(READ, (API,)), True),
        (Access(READ, (API,)), Access(READ, (API, OTHER)), False),
        (Access(READ, (API,)), Access(READ), False),
        (Access(READ), Access(READ, (API,)), False),
        (Access(READ, (), (PAY,)), Access(READ), False),
        (Access(READ), Access(READ, (), (PAY,)), False),
        (Access(READ, (), (PAY,)), Access(READ, (), ({**PAY, "amount": "6"},)), False),
    ],
)
def test_covers(granted: Access, requested: Access, covered: bool) -> None:
    assert granted.covers(requested) is covered


@pytest.mark.parametrize(
    ("requested", "error"),
    [
        (Access(BOTH), InvalidScope),
        (Access(READ, (OTHER,)), InvalidTarget),
        (Access(READ, (), ({"type": "account"},)), InvalidAuthorizationDetails),
    ],
)
def test_more_than_was_granted_is_refused(requested: Access, error: type[Exception]) -> None:
    with pytest.raises(error, match="The refresh token was not issued for"):
        Access(READ, (API,), (PAY,)).narrowed_to(requested, "The refresh token")


def test_the_scope_that_was_not_granted_is_named() -> None:
    many = frozenset(f"https://api.example/scopes/{number:03}" for number in range(80))
    with pytest.raises(InvalidScope, match=r"for this scope: zebra\.$") as refused:
        Access(many).narrowed_to(Access(many | {"zebra"}), "It")
    assert refused.value.refusal.compared[0] == ("excess", "zebra")


@given(accesses, st.none() | st.builds(dict, jkt=st.text(min_size=1)))
def test_an_access_tokens_record(access: Access, key: dict[str, str] | None) -> None:
    data = AccessTokenData(access, "web", 3, Confirmation(key) if key else None, {"sub": "robot"})
    assert AccessTokenData.decode(data.encode()) == data
    assert confirmation_of(data.encode()) == data.confirmation


@given(accesses, st.none() | authentications)
def test_a_grants_record(access: Access, authentication: Authentication | None) -> None:
    data = grant_data(access, authentication)
    assert GrantData.decode(data) == GrantData(authentication, access.details)


@given(accesses)
def test_a_request_that_waits(access: Access) -> None:
    request = make_request(scope=access.scope, resources=access.resources, details=access.details)
    kept = json.loads(json.dumps(request.encode()))
    assert AuthorizationRequest.decode(kept).access == access


def test_what_has_no_limit_is_written_as_before() -> None:
    assert AccessTokenData(Access(READ)).encode() == b'{"scope":"read"}'
    assert grant_data(Access(READ), None) == b""
    assert not {"resources", "details", "critical"} & make_request().encode().keys()


LIMITED = Access(READ, (API,), (PAY,))


@pytest.mark.parametrize(
    ("members", "critical"),
    [
        (
            json.loads(
                AccessTokenData(
                    LIMITED, confirmation=Confirmation({"jkt": "x"}), actor={"sub": "robot"}
                ).encode()
            ),
            {"resources", "details", "cnf", "act"},
        ),
        (json.loads(grant_data(LIMITED, None)), {"resources", "details"}),
        (make_request(resources=(API,), details=(PAY,)).encode(), {"resources", "details"}),
    ],
    ids=["access token", "grant", "request"],
)
def test_a_limit_is_critical(members: dict[str, Any], critical: set[str]) -> None:
    """A version without it would take the token for an unlimited one."""
    assert set(members["critical"]) == critical


@pytest.mark.parametrize(
    "members",
    [
        {"resources": "https://api.example/"},
        {"resources": [1]},
        {"details": [1]},
        {"cnf": {}},
        {"cnf": "x"},
        {"cnf": {"jkt": 1}},
        {"act": "robot"},
    ],
)
def test_a_limit_that_cannot_be_read_is_refused(members: dict[str, Any]) -> None:
    with pytest.raises(NotUnderstood):
        AccessTokenData.decode(json.dumps({"scope": "read", **members}).encode())


@pytest.mark.parametrize(
    "members", [{"details": [1]}, {"authentication": 1}, {"authentication": {"amr": [1]}}]
)
def test_a_grant_that_cannot_be_read_is_refused(members: dict[str, Any]) -> None:
    with pytest.raises(NotUnderstood):
        GrantData.decode(json.dumps(members).encode())


class TestToken:
    def world(self) -> tuple[Any, Any]:
        server, client = make_server(Clock()), make_client()
        server.clients.add(client)
        return server, client

    def token(self, server: Any, grant_id: str | None, data: AccessTokenData) -> str:
        string = new_token(ACCESS_TOKEN, grant_id or new_family(server.random), server.random)
        kind, family, digest = string.ref
        token = Token(kind, family, digest, NOW, NOW + 60, grant_id=grant_id, data=data.encode())
        if grant_id is None:
            server.grants.open(None, [token], NOW)
        else:
            assert server.grants.add(grant_id, [token], NOW)
        return string.value

    def test_the_grant_keeps_how_its_user_authenticated(self) -> None:
        server, client = self.world()
        event = Authentication(NOW - 5, "high", ("pwd", "otp"), "session")
        issued = issue(server, client, Issuance(Access(READ), Open("bob", authentication=event)))
        assert find_access_token(server, issued.access_token).authentication == event

    def test_a_grant_keeps_its_limits_and_a_token_with_details_is_refused(self) -> None:
        """Until something checks them, a limited token must not be valid for everything."""
        server, client = self.world()
        issued = issue(server, client, Issuance(LIMITED, Open("bob")))
        ref = parse_token(issued.access_token)
        assert ref is not None
        assert access_of(server.grants.find(ref)[1]) == LIMITED
        with pytest.raises(InvalidToken, match="has details"):
            find_access_token(server, issued.access_token)

    def test_what_a_token_says(self) -> None:
        server, client = self.world()
        token = AccessToken(
            client,
            LIMITED,
            NOW,
            NOW + 3600,
            "bob",
            confirmation=Confirmation({"jkt": "x"}),
            actor={"sub": "robot"},
        )
        assert claims_of(server, token) == {
            "scope": "read",
            "client_id": "web",
            "sub": "bob",
            "iat": NOW,
            "exp": NOW + 3600,
            "iss": server.issuer,
            "aud": API,
            "authorization_details": [PAY],
            "cnf": {"jkt": "x"},
            "act": {"sub": "robot"},
        }

    @pytest.mark.parametrize("lone", [True, False])
    def test_one_that_is_bound_to_a_key_is_no_bearer_token(self, lone: bool) -> None:
        server, client = self.world()
        grant_id = (
            None if lone else issue(server, client, Issuance(Access(READ), Open("bob"))).grant_id
        )
        data = AccessTokenData(
            Access(READ), "web" if lone else None, 0 if lone else None, Confirmation({"jkt": "x"})
        )
        value = self.token(server, grant_id, data)
        with pytest.raises(InvalidToken, match="is bound to a key"):
            find_access_token(server, value)

    def test_one_key_that_is_checked_does_not_make_up_for_another(self) -> None:
        """Each member must be checked, or a part of the binding would count for nothing."""
        server, _ = self.world()
        constraint = SimpleNamespace(scheme=None, members=("jkt",), parameters=())
        factories = replace(server.factories, sender_constraints={"x": lambda server: constraint})
        server = replace(server, factories=factories)
        bound = Confirmation({"jkt": "x", "other": "y"})
        value = self.token(server, None, AccessTokenData(Access(READ), "web", 0, bound))
        with pytest.raises(InvalidToken, match="is bound to a key"):
            find_access_token(server, value)

    @pytest.mark.parametrize("changed", ["web", "robot", None])
    def test_a_token_of_another_client_than_its_grant_needs_both(self, changed: str | None) -> None:
        server, client = self.world()
        robot = make_client(client_id="robot")
        server.clients.add(robot)
        grant_id = issue(server, client, Issuance(Access(BOTH), Open("bob"))).grant_id
        value = self.token(server, grant_id, AccessTokenData(Access(READ), "robot", 0))
        if changed is None:
            token = find_access_token(server, value)
            assert (token.client, token.subject) == (robot, "bob")
            return
        server.clients.raise_epoch(changed, NOW)
        with pytest.raises(InvalidToken, match="rights were withdrawn"):
            find_access_token(server, value)


@pytest.mark.parametrize(
    "values",
    [
        {"auth_time": "5"},
        {"auth_time": True},
        {"acr": 1},
        {"amr": "pwd"},
        {"amr": (1,)},
        {"sid": 1},
    ],
)
def test_an_application_that_says_something_else_learns_it(values: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        Authentication(**values)


def test_a_fraction_of_a_second_is_dropped() -> None:
    now: Any = 5.75
    assert Authentication(now) == Authentication(5)

"""``poauth2 INI registration-token``, and what ``purge`` does with clients that are not used."""

from __future__ import annotations

import json

import pytest

from pyramid_oauth2.extensions.client_registration.initial_access_tokens import (
    InitialAccessTokens,
)
from pyramid_oauth2.extensions.client_registration.policy import Policy
from pyramid_oauth2.extensions.client_registration.registration import (
    UNUSED,
    Registration,
    Registrations,
)
from pyramid_oauth2.protocol.clients.source import REGISTERED, from_source
from pyramid_oauth2.protocol.records import Client

from .test_grant import open_service

CODE_FLOW = frozenset({"authorization_code", "refresh_token"})


@pytest.fixture
def registration(with_tables):
    with_tables.write("oauth2.registration = token")
    return with_tables


def add(poauth2, *words):
    status, out, _ = poauth2("registration-token", "add", *words, "--json")
    assert status == 0
    return json.loads(out)


def test_one_is_made(registration):
    status, out, err = registration("registration-token", "add")
    assert status == 0
    (value,) = out.split()
    assert "only now" in err
    with open_service(registration) as service:
        found = InitialAccessTokens(service.server).find(value)
        assert (found.left, found.policy) == (1, Policy(None, CODE_FLOW))
        assert found.expires_at == found.created_at + 86_400


def test_its_limits(registration):
    words = ("--scope", "read", "--grant-type", "client_credentials", "--host", "app.example")
    made = add(registration, *words, "--uses", "20", "--lifetime", "30d", "--label", "Notes")
    assert made.pop("token").startswith("oia_")
    assert made["expires_at"] - made["created_at"] == 30 * 86_400
    assert (made["label"], made["left"]) == ("Notes", 20)
    assert (made["scope"], made["grant_types"]) == (["read"], ["client_credentials"])
    assert made["redirect_hosts"] == ["app.example"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--scope", "fly"), "does not know the scope fly"),
        (("--grant-type", "magic"), "does not have the grant type magic"),
        (("--host", "https://app.example/"), "is not a host"),
        (("--uses", "0"), "--uses"),
        (("--lifetime", "x"), "--lifetime"),
    ],
)
def test_what_is_refused(registration, words, message):
    status, out, err = registration("registration-token", "add", *words)
    assert (status, out) == (2, "")
    assert message in err


def test_a_grant_type_without_the_token_endpoint(registration):
    """RFC 7591 section 2.1: the one of the response type token."""
    registration.write(
        "oauth2.registration = token\noauth2.response_types = code token\n"
        "oauth2.registration.grant_types = authorization_code implicit"
    )
    assert add(registration)["grant_types"] == ["authorization_code", "implicit"]
    assert add(registration, "--grant-type", "implicit")["grant_types"] == ["implicit"]


def test_a_list(registration):
    made = add(registration, "--label", "Notes", "--scope", "read")
    status, out, _ = registration("registration-token", "list")
    assert status == 0
    assert "Notes" in out
    assert "1 initial access token\n" in out
    assert made["token"] not in out
    listed = json.loads(registration("registration-token", "list", "--json")[1])
    assert listed == [{name: value for name, value in made.items() if name != "token"}]


def test_one_is_revoked(registration):
    made = add(registration)
    assert registration("registration-token", "revoke", made["id"])[0] == 0
    assert registration("registration-token", "list")[1] == "0 initial access tokens\n"
    status, _, err = registration("registration-token", "revoke", made["id"])
    assert status == 1
    assert "there is no initial access token" in err


def test_a_token_is_repeated_in_no_message(registration):
    value = add(registration)["token"]
    _, out, err = registration("registration-token", "revoke", value)
    assert value not in out + err


@pytest.mark.parametrize("words", [("add",), ("list",), ("revoke", "x")])
def test_where_no_client_can_register_itself(with_tables, words):
    status, _, err = with_tables("registration-token", *words)
    assert status == 2
    assert "oauth2.registration is off" in err


def test_a_purge_removes_clients_that_were_never_used(registration):
    with open_service(registration) as service:
        service.server.clients.add(from_source(Client("oci_old"), REGISTERED))
        old = Registration("oci_old", Policy(None, CODE_FLOW), "x", UNUSED, 1)
        Registrations(service.server).put(old)
    status, out, _ = registration("purge")
    assert status == 0
    assert "1 unused client removed" in out
    with open_service(registration) as service:
        assert service.server.clients.get("oci_old") is None

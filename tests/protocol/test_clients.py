"""The rules for registering a client."""

from __future__ import annotations

import pytest

from pyramid_oauth2.protocol.client_secrets import verify_secret
from pyramid_oauth2.protocol.clients import (
    InvalidClientMetadata,
    client_problems,
    new_client_id,
    register_client,
    replace_client_secret,
)
from pyramid_oauth2.protocol.opaque import is_client_secret, new_client_secret
from pyramid_oauth2.protocol.records import Client, DuplicateRecord

from .worlds import NOW, make_server

MACHINE = {"grant_types": ("client_credentials",)}
WEB = {"redirect_uris": ("https://client.example/back",)}


@pytest.fixture
def server():
    return make_server()


def test_a_secret_is_drawn_and_told_once(server):
    client, secret = register_client(server, Client("robot", **MACHINE))
    assert is_client_secret(secret)
    assert server.clients.get("robot") == client
    assert (client.created_at, client.updated_at) == (NOW, NOW)
    assert verify_secret(secret, client.client_secrets, NOW)
    assert secret not in repr(client)


def test_a_secret_of_ones_own(server):
    client, secret = register_client(server, Client("robot", **MACHINE), "chosen")
    assert secret == "chosen"
    assert verify_secret("chosen", client.client_secrets, NOW)


def test_a_public_client_has_none(server):
    client = Client("app", token_endpoint_auth_method="none", **WEB)
    client, secret = register_client(server, client)
    assert secret is None
    assert client.client_secrets == ()


def test_a_client_id_is_used_once(server):
    register_client(server, Client("robot", **MACHINE))
    with pytest.raises(DuplicateRecord):
        register_client(server, Client("robot", **MACHINE))
    server.clients.delete("robot", NOW)
    with pytest.raises(DuplicateRecord):
        register_client(server, Client("robot", **MACHINE))


@pytest.mark.parametrize(
    "metadata",
    [
        pytest.param(MACHINE, id="machine"),
        pytest.param(WEB, id="web"),
        pytest.param({**WEB, "token_endpoint_auth_method": "none"}, id="public"),
        pytest.param({"grant_types": (), "resource_server": True}, id="resource server"),
        pytest.param({**MACHINE, "scope": frozenset({"read"})}, id="scope"),
        pytest.param(
            {**MACHINE, "scope": frozenset({"read"}), "optional_scope": frozenset({"read"})},
            id="optional scope",
        ),
        pytest.param({**MACHINE, "client_name": "Robot \u2764"}, id="name in any script"),
        pytest.param({**MACHINE, "client_name": "x" * 255}, id="long name"),
        pytest.param({**MACHINE, "consent": "skip"}, id="consent"),
        pytest.param({**WEB, "grant_types": ("implicit", "refresh_token")}, id="not yet enabled"),
    ],
)
def test_good(server, metadata):
    assert dict(client_problems(server, Client("robot", **metadata))) == {}


@pytest.mark.parametrize(
    ("metadata", "field"),
    [
        pytest.param({**MACHINE, "client_id": "röbot"}, "client_id", id="id beyond ASCII"),
        pytest.param({**MACHINE, "client_id": "a\nb"}, "client_id", id="newline in the id"),
        pytest.param(
            {**MACHINE, "client_id": new_client_secret(lambda n: bytes(n))},
            "client_id",
            id="a secret as the id",
        ),
        pytest.param({**MACHINE, "client_name": "x" * 256}, "client_name", id="name too long"),
        pytest.param({**MACHINE, "client_name": "a\nb"}, "client_name", id="newline in the name"),
        pytest.param({**MACHINE, "client_name": "a\u202eb"}, "client_name", id="bidi override"),
        pytest.param({**MACHINE, "consent": "never"}, "consent", id="unknown consent"),
        pytest.param(
            {**MACHINE, "token_endpoint_auth_method": "magic"},
            "token_endpoint_auth_method",
            id="unknown method",
        ),
        pytest.param({"grant_types": ()}, "grant_types", id="no grant type"),
        pytest.param({"grant_types": ("magic",)}, "grant_types", id="unknown grant type"),
        pytest.param(
            {**MACHINE, "token_endpoint_auth_method": "none"},
            "grant_types",
            id="public client that acts for itself",
        ),
        pytest.param({}, "redirect_uris", id="no redirect URI"),
        pytest.param({"grant_types": ("implicit",)}, "redirect_uris", id="implicit without one"),
        pytest.param(
            {"redirect_uris": ("https://good.example/", "http://evil.example/")},
            "redirect_uris",
            id="one of two is bad",
        ),
        pytest.param(
            {"redirect_uris": ("https://a.example/" + "x" * 2048,)}, "redirect_uris", id="long"
        ),
        pytest.param({**MACHINE, "scope": frozenset({"admin"})}, "scope", id="unknown scope"),
        pytest.param({**MACHINE, "scope": frozenset({'a"b'})}, "scope", id="impossible scope"),
        pytest.param(
            {**MACHINE, "optional_scope": frozenset({"read"})},
            "optional_scope",
            id="optional but not its own",
        ),
    ],
)
def test_bad(server, metadata, field):
    client = Client(**{"client_id": "robot", **metadata})
    with pytest.raises(InvalidClientMetadata) as caught:
        register_client(server, client)
    assert field in caught.value.problems
    assert field in str(caught.value)
    assert server.clients.get(client.client_id) is None


@pytest.mark.parametrize("secret", ["", "a\0b", "x" * 1025])
def test_a_secret_that_cannot_be_kept(server, secret):
    with pytest.raises(InvalidClientMetadata) as caught:
        register_client(server, Client("robot", **MACHINE), secret)
    assert caught.value.problems.keys() == {"client_secret"}
    assert server.clients.get("robot") is None


def test_a_secret_for_a_public_client(server):
    client = Client("app", token_endpoint_auth_method="none", **WEB)
    with pytest.raises(InvalidClientMetadata) as caught:
        register_client(server, client, "chosen")
    assert caught.value.problems.keys() == {"client_secret"}


def test_every_broken_rule_is_told_at_once(server):
    client = Client("röbot", client_name="\n", consent="x", grant_types=("y",))
    assert {field for field, _ in client_problems(server, client)} == {
        "client_id",
        "client_name",
        "consent",
        "grant_types",
    }


def test_a_secret_that_is_refused_is_not_repeated(server):
    with pytest.raises(InvalidClientMetadata) as caught:
        register_client(server, Client("robot", **MACHINE), "hush\0hush")
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(
    "client_id", ["", "x" * 129, "a\0b", "\ud800"], ids=["empty", "long", "NUL", "surrogate"]
)
def test_an_identifier_that_no_store_could_keep(client_id):
    with pytest.raises(ValueError):
        Client(client_id)


def test_a_secret_is_replaced(server):
    client, old = register_client(server, Client("robot", **MACHINE))
    new = new_client_secret(server.random)
    assert replace_client_secret(server, client, new)
    kept = server.clients.get("robot").client_secrets
    assert verify_secret(new, kept, NOW)
    assert not verify_secret(old, kept, NOW)
    assert not replace_client_secret(server, client, old), "changed meanwhile"


def test_what_changed_is_told_once_it_is_stored(server):
    told = []

    def tell(event):
        told.append((event, server.clients.get(event.client_id)))

    with pytest.raises(InvalidClientMetadata):
        register_client(server, Client("robot"), tell=tell)
    client, _ = register_client(server, Client("robot", **MACHINE), tell=tell)
    with pytest.raises(DuplicateRecord):
        register_client(server, Client("robot", **MACHINE), tell=tell)
    replace_client_secret(server, client, "chosen instead", tell)
    replace_client_secret(server, client, "too late", tell)

    assert [event.change for event, _ in told] == ["registered", "secret replaced"]
    (_, registered), (_, changed) = told
    assert registered == client
    assert changed.client_secrets != client.client_secrets


def test_client_ids_are_letters_and_digits(server):
    drawn = {new_client_id(server) for _ in range(100)}
    assert len(drawn) == 100
    assert all(value.isascii() and value.isalnum() for value in drawn)

"""Clients: stored completely, changed by compare and swap, and deleted permanently."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pyramid_oauth2.protocol.records import (
    SUBJECT_LENGTH,
    Client,
    ClientSecret,
    DuplicateRecord,
)

from .factories import LATE, LONG_CLIENT_IDS, NOW, every, new_client, new_digest
from .harness import Contract

FIELDS: dict[str, list[Any]] = {
    "client_id": [
        *LONG_CLIENT_IDS,
        "https://c.example/?a=%20&b",
        " ",
    ],
    "client_name": ["", "Ünïcødé 𝄞 — клиент", "n" * 1000, " padded ", "a\u0301", "%_\\'\""],
    "client_secrets": [
        (ClientSecret(bytes(32), "sha256", NOW),),
        (ClientSecret(new_digest(), "sha256", NOW, LATE), ClientSecret(b"$a\xff", "argon2id", 0)),
    ],
    "client_uri": ["", "https://client.example/é"],
    "logo_uri": ["", "https://client.example/logo.png"],
    "redirect_uris": [("https://b.example/cb?x=1,2", "https://a.example/", "app:/cb")],
    "grant_types": [(), ("refresh_token", "authorization_code")],
    "response_types": [(), ("code", "token")],
    "scope": [frozenset({"read", "write", "Read"})],
    "token_endpoint_auth_method": ["none", "client_secret_post"],
    "contacts": [("b@example.com", "a@example.com")],
    "tos_uri": ["", "https://client.example/tos"],
    "policy_uri": ["", "https://client.example/policy"],
    "jwks": [{}, {"keys": [{"kty": "OKP", "x": "é"}, {"n": None, "use": True}]}],
    "jwks_uri": ["", "https://client.example/jwks"],
    "owner": ["42", "alice ", "Alice", "é" * SUBJECT_LENGTH],
    "consent": ["ask", "skip"],
    "optional_scope": [frozenset({"write"})],
    "require_pkce": [False],
    "resource_server": [True],
    "lifetimes": [{"access_token": 60, "refresh_token": LATE}],
    "allowed_origins": [("https://b.example", "https://a.example:8443")],
    "created_at": [0, LATE],
    "updated_at": [LATE],
    "disabled_at": [0, LATE],
    "version": [LATE],
    "epoch": [LATE],
    "extra": [{"x": {"list": [1, 2.5, None, "\x00", {}], "empty": [], "": ""}}],
}

FIXED = {"client_id", "version", "epoch", "created_at"}

each_value = [
    pytest.param(name, value, id=f"{name}-{number}")
    for name, values in FIELDS.items()
    for number, value in enumerate(values)
]


class ClientRecords(Contract):
    """One client at a time."""

    @pytest.mark.parametrize(("name", "value"), each_value)
    def test_client_is_kept(self, name: str, value: Any) -> None:
        client = new_client(**{name: value})
        self.clients.add(client)
        assert self.clients.get(client.client_id) == client

    def test_client_fields_are_all_tested(self) -> None:
        assert set(FIELDS) == set(Client.__dataclass_fields__)

    def test_client_with_everything_is_kept(self) -> None:
        client = Client(**{name: values[-1] for name, values in FIELDS.items()})
        self.clients.add(client)
        assert self.clients.get(client.client_id) == client

    def test_client_ids_are_told_apart(self) -> None:
        names = ("client", "Client", "client ", " client", "clie", "cli%", "clïent")
        clients = {name: new_client(client_id=name, client_name=f"the {name}") for name in names}
        for client in clients.values():
            self.clients.add(client)
        assert {name: self.clients.get(name) for name in names} == clients

    def test_client_unknown(self) -> None:
        assert self.clients.get("unknown") is None
        assert self.clients.edit("unknown", 0, {"client_name": "x"}) is False
        assert self.clients.raise_epoch("unknown", NOW) is None
        assert self.clients.delete("unknown", NOW) is False
        assert list(every(self.clients.export)) == []

    def test_client_is_added_once(self) -> None:
        client = new_client()
        self.clients.add(client)
        with pytest.raises(DuplicateRecord):
            self.clients.add(replace(client, client_name="another"))
        assert self.clients.get(client.client_id) == client

    @pytest.mark.parametrize(
        ("name", "value"), [param for param in each_value if param.values[0] not in FIXED]
    )
    def test_client_is_edited(self, name: str, value: Any) -> None:
        client = new_client(version=3)
        self.clients.add(client)
        assert self.clients.edit(client.client_id, 3, {name: value}) is True
        edited = replace(client, version=4, **{name: value})
        assert self.clients.get(client.client_id) == edited

    def test_client_is_edited_in_several_fields_and_back(self) -> None:
        client = new_client(owner="bob", jwks={"keys": []})
        self.clients.add(client)
        changes: dict[str, Any] = {
            "client_name": "New",
            "owner": None,
            "jwks": None,
            "disabled_at": None,
        }
        assert self.clients.edit(client.client_id, 0, changes) is True
        assert self.clients.get(client.client_id) == replace(client, version=1, **changes)

    def test_client_is_edited_by_who_knew_its_version(self) -> None:
        client = new_client()
        self.clients.add(client)
        assert self.clients.edit(client.client_id, 0, {"client_name": "first"}) is True
        for version in (0, 2):
            assert self.clients.edit(client.client_id, version, {"client_name": "x"}) is False
        edited = replace(client, client_name="first", version=1)
        assert self.clients.get(client.client_id) == edited

    @pytest.mark.parametrize("name", [*sorted(FIXED), "nonsense", "public"])
    def test_client_is_not_edited_where_it_is_fixed(self, name: str) -> None:
        client = new_client()
        self.clients.add(client)
        with pytest.raises(ValueError, match=name):
            self.clients.edit(client.client_id, 0, {"client_name": "x", name: 1})
        assert self.clients.get(client.client_id) == client

    def test_client_epoch_is_raised(self) -> None:
        client = new_client(epoch=4, version=7)
        self.clients.add(client)
        assert self.clients.raise_epoch(client.client_id, NOW + 1) == 5
        raised = replace(client, epoch=5, version=8, updated_at=NOW + 1)
        assert self.clients.get(client.client_id) == raised
        assert self.clients.edit(client.client_id, 7, {"client_name": "x"}) is False

    def test_client_is_disabled_with_its_epoch(self) -> None:
        client = new_client()
        self.clients.add(client)
        assert self.clients.raise_epoch(client.client_id, NOW + 1, disabled_at=NOW) == 1
        assert self.clients.raise_epoch(client.client_id, NOW + 2) == 2
        disabled = replace(client, epoch=2, version=2, updated_at=NOW + 2, disabled_at=NOW)
        assert self.clients.get(client.client_id) == disabled

    def test_client_is_deleted_for_good(self) -> None:
        client = new_client(owner="alice", client_name="gone")
        self.clients.add(client)
        assert self.clients.was_deleted(client.client_id) is False
        assert self.clients.delete(client.client_id, NOW) is True
        assert self.clients.delete(client.client_id, NOW) is False
        assert self.clients.was_deleted(client.client_id) is True
        assert self.clients.was_deleted(f"{client.client_id}x") is False
        assert self.clients.get(client.client_id) is None
        assert self.clients.edit(client.client_id, 0, {"client_name": "x"}) is False
        assert self.clients.raise_epoch(client.client_id, NOW) is None
        with pytest.raises(DuplicateRecord):
            self.clients.add(client)
        searches: list[dict[str, Any]] = [{}, {"owner": "alice"}, {"prefix": client.client_id}]
        for search in searches:
            assert list(every(self.clients.search, **search)) == []
        assert list(every(self.clients.export)) == [client.client_id]

    def test_client_tombstone_is_forgotten(self) -> None:
        client, other = new_client(), new_client()
        for each in (client, other):
            self.clients.add(each)
        assert self.clients.forget(client.client_id) is False
        assert self.clients.forget("unknown") is False
        assert self.clients.get(client.client_id) == client
        assert self.clients.delete(client.client_id, NOW)
        assert self.clients.delete(other.client_id, NOW)
        assert self.clients.forget(client.client_id) is True
        assert self.clients.forget(client.client_id) is False
        assert self.clients.was_deleted(client.client_id) is False
        assert self.clients.was_deleted(other.client_id) is True
        assert list(every(self.clients.export)) == [other.client_id]
        self.clients.add(client)
        assert self.clients.get(client.client_id) == client

    def test_client_copy_into_a_fresh_store(self) -> None:
        for number in range(20):
            self.clients.add(new_client(client_id=f"client-{number}", extra={"n": number}))
        assert self.clients.delete("client-3", NOW)
        exported = list(every(self.clients.export))
        assert len(exported) == 20
        assert "client-3" in exported
        self.start_afresh()
        assert self.clients.import_(iter(exported[:5] + exported[:5])) == 5
        assert self.clients.import_(exported) == 15
        assert self.clients.import_(exported) == 0
        copied = list(every(self.clients.export))
        assert sorted(copied, key=str) == sorted(exported, key=str)
        assert self.clients.was_deleted("client-3")
        with pytest.raises(DuplicateRecord):
            self.clients.add(new_client(client_id="client-3"))
        assert len(list(every(self.clients.search, prefix="client-4"))) == 1

    def test_client_copy_leaves_what_is_there(self) -> None:
        kept, deleted = new_client(), new_client()
        self.clients.add(kept)
        self.clients.add(deleted)
        assert self.clients.delete(deleted.client_id, NOW)
        assert self.clients.import_([kept.client_id, deleted]) == 0
        assert self.clients.get(kept.client_id) == kept
        assert self.clients.was_deleted(kept.client_id) is False
        assert self.clients.get(deleted.client_id) is None

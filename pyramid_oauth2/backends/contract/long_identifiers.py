"""A client_id as long as it may be, such as a URL: in every store, and in every operation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pyramid_oauth2.protocol.records import (
    CLIENT_ID_LENGTH,
    SUBJECT_LENGTH,
    DuplicateRecord,
    Outcome,
)

from .factories import (
    HOUR,
    LONG_CLIENT_IDS,
    NOW,
    every,
    hard_to_compress,
    new_attempt,
    new_client,
    new_consent,
    new_grant,
    new_token,
)
from .harness import Contract

TOO_LONG = "x" * (CLIENT_ID_LENGTH + 1)
REFUSAL = f"client_id has {len(TOO_LONG)} characters; at most {CLIENT_ID_LENGTH} are allowed"

each_long_one = pytest.mark.parametrize(
    "client_id", LONG_CLIENT_IDS, ids=["url", "two bytes", "three bytes", "four bytes"]
)


def neighbour(client_id: str) -> str:
    """Another client_id, which differs in the last character alone."""
    return client_id[:-1] + ("y" if client_id[-1] == "x" else "x")


def refuse(new_record: Callable[..., Any]) -> None:
    """Make a record with a client_id that is one character too long."""
    with pytest.raises(ValueError, match=REFUSAL):
        new_record(client_id=TOO_LONG)


class LongGrantClientIds(Contract):
    """Grants and tokens for such a client."""

    @each_long_one
    def test_long_client_id_of_a_grant(self, client_id: str) -> None:
        grant, other = (new_grant(client_id=name) for name in (client_id, neighbour(client_id)))
        token = new_token(grant=grant)
        assert self.grants.open(grant, [token], NOW)
        assert self.grants.open(other, [], NOW)
        assert self.grants.find(token.ref) == (token, grant)
        assert list(every(self.grants.grants, client_id=client_id)) == [grant]
        assert list(every(self.grants.grants, subject="alice", client_id=client_id)) == [grant]
        assert self.grants.redeem(token, NOW, new_attempt(), []).outcome is Outcome.WON
        assert self.grants.revoke_subject("alice", NOW, "left", client_id) == 1
        ended = {found.id: found.revoked_at for found in every(self.grants.grants, subject="alice")}
        assert ended == {grant.id: NOW, other.id: None}

    def test_long_client_id_of_grants_in_pages(self) -> None:
        client_id = LONG_CLIENT_IDS[0]
        grants = {new_grant(client_id=client_id) for _ in range(10)}
        self.grants.import_(grants)
        assert set(every(self.grants.grants, client_id=client_id, limit=3)) == grants
        self.grants.purge(NOW + HOUR)
        assert list(every(self.grants.grants, client_id=client_id)) == []

    def test_longer_client_id_of_a_grant_is_refused(self) -> None:
        refuse(new_grant)
        assert list(every(self.grants.grants, client_id=TOO_LONG)) == []


class LongClientIds(Contract):
    """Such a client itself."""

    @each_long_one
    def test_long_client_id_of_a_client(self, client_id: str) -> None:
        client = new_client(client_id=client_id, client_name="App", owner="alice")
        self.clients.add(client)
        self.clients.add(replace(client, client_id=neighbour(client_id)))
        with pytest.raises(DuplicateRecord):
            self.clients.add(client)
        assert self.clients.get(client_id) == client
        for owner in (None, "alice"):
            assert list(every(self.clients.search, prefix=client_id, owner=owner)) == [client]
        assert self.clients.edit(client_id, 0, {"client_name": "B"}) is True
        assert self.clients.raise_epoch(client_id, NOW) == 1
        assert self.clients.delete(client_id, NOW) is True
        assert client_id in list(every(self.clients.export))
        with pytest.raises(DuplicateRecord):
            self.clients.add(client)

    @pytest.mark.parametrize("sort", ["client_name", "created_at"])
    @pytest.mark.parametrize("owner", [None, "alice"])
    def test_long_client_ids_are_searched_in_pages(self, sort: str, owner: str | None) -> None:
        ids = sorted(LONG_CLIENT_IDS[0][:-1] + letter for letter in "abcdefghij")
        self.clients.import_(
            new_client(client_id=client_id, client_name="Same", owner="alice")
            for client_id in reversed(ids)
        )
        found = every(self.clients.search, owner=owner, sort=sort, prefix="same", limit=3)
        assert [client.client_id for client in found] == ids

    def test_long_client_id_of_a_tombstone_is_copied(self) -> None:
        assert self.clients.import_(LONG_CLIENT_IDS) == len(LONG_CLIENT_IDS)
        assert self.clients.import_(LONG_CLIENT_IDS) == 0
        assert set(every(self.clients.export, limit=2)) == set(LONG_CLIENT_IDS)
        assert list(every(self.clients.search)) == []

    def test_long_client_id_beside_other_long_values(self) -> None:
        client = new_client(
            client_id=hard_to_compress(CLIENT_ID_LENGTH, "一"),
            client_name=hard_to_compress(CLIENT_ID_LENGTH, "一"),
            owner=hard_to_compress(SUBJECT_LENGTH, "𠀀"),
        )
        self.clients.add(client)
        assert list(every(self.clients.search, owner=client.owner)) == [client]

    def test_longer_client_id_of_a_client_is_refused(self) -> None:
        refuse(new_client)
        assert self.clients.get(TOO_LONG) is None
        assert list(every(self.clients.search, prefix=TOO_LONG)) == []


class LongConsentClientIds(Contract):
    """Consents to such a client."""

    @each_long_one
    def test_long_client_id_of_a_consent(self, client_id: str) -> None:
        consent = new_consent(client_id=client_id)
        other = new_consent(client_id=neighbour(client_id))
        assert self.consents.put(consent, None) is True
        assert self.consents.put(other, None) is True
        assert self.consents.get("alice", client_id) == consent
        assert list(every(self.consents.list, client_id=client_id)) == [consent]
        assert set(every(self.consents.list, subject="alice", limit=1)) == {consent, other}
        assert self.consents.put(consent, 0) is True
        assert self.consents.forget("alice", client_id) is True
        assert list(every(self.consents.export)) == [other]

    def test_long_client_id_beside_a_long_subject(self) -> None:
        consent = new_consent(
            client_id=hard_to_compress(CLIENT_ID_LENGTH, "一"),
            subject=hard_to_compress(SUBJECT_LENGTH, "𠀀"),
        )
        assert self.consents.put(consent, None) is True
        assert list(every(self.consents.list, subject=consent.subject)) == [consent]
        assert list(every(self.consents.list, client_id=consent.client_id)) == [consent]

    def test_longer_client_id_of_a_consent_is_refused(self) -> None:
        refuse(new_consent)
        assert self.consents.get("alice", TOO_LONG) is None
        assert self.consents.forget("alice", TOO_LONG) is False
        assert list(every(self.consents.list, client_id=TOO_LONG)) == []

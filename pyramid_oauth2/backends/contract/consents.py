"""Consents: one for a user and a client, replaced by compare and swap."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pyramid_oauth2.protocol.records import CLIENT_ID_LENGTH, SUBJECT_LENGTH, Purged

from .factories import HOUR, LATE, NOW, every, new_consent, refuse_limit_below_one, take_made_up
from .harness import Contract
from .purging import purge_all
from .round_trips import ALL_BYTES


class Consents(Contract):
    """What users allowed for future requests."""

    @pytest.mark.parametrize(
        "fields",
        [
            {"subject": "𝄞" * SUBJECT_LENGTH},
            {"client_id": "é" * CLIENT_ID_LENGTH},
            {"data": ALL_BYTES},
            {"data": b"\x00"},
            {"data": b" trailing \x00"},
            {"scope": frozenset()},
            {"scope": frozenset({"read", "write", "Read"})},
            {"redirect_uri": ""},
            {"redirect_uri": "https://é.example/?" + "x" * 1500},
            {"created_at": 0, "expires_at": LATE},
            {"resources": ("https://b.example/", "https://a.example/")},
        ],
        ids="-".join,
    )
    def test_consent_is_kept(self, fields: dict[str, Any]) -> None:
        consent = new_consent(**fields)
        assert self.consents.put(consent, None) is True
        assert self.consents.get(consent.subject, consent.client_id) == consent

    def test_consents_are_told_apart(self) -> None:
        pairs = [
            (subject, client_id)
            for subject in ("alice", "Alice", "alice ", "al", "a%")
            for client_id in ("client", "Client", "client ", "c")
        ]
        for subject, client_id in pairs:
            consent = new_consent(subject=subject, client_id=client_id)
            assert self.consents.put(consent, None) is True
        for subject, client_id in pairs:
            found = self.consents.get(subject, client_id)
            assert found is not None
            assert (found.subject, found.client_id) == (subject, client_id)
            assert len(list(every(self.consents.list, subject=subject))) == 4
            assert len(list(every(self.consents.list, client_id=client_id))) == 5

    def test_consent_of_nobody(self) -> None:
        assert self.consents.get("alice", "client") is None
        assert self.consents.forget("alice", "client") is False
        assert self.consents.put(new_consent(), 0) is False
        assert list(every(self.consents.export)) == []

    def test_consent_is_inserted_once(self) -> None:
        first = new_consent(version=9)
        assert self.consents.put(first, None) is True
        assert self.consents.put(new_consent(scope=frozenset({"more"})), None) is False
        assert self.consents.get("alice", "client") == replace(first, version=0)

    def test_consent_is_replaced_by_who_knew_its_version(self) -> None:
        assert self.consents.put(new_consent(), None) is True
        for version in range(3):
            scope = frozenset({f"scope-{version}"})
            data = bytes([version]) * version
            consent = new_consent(scope=scope, expires_at=NOW + 2 * HOUR, version=77, data=data)
            assert self.consents.put(consent, version + 1) is False
            assert self.consents.put(consent, version) is True
            assert self.consents.put(consent, version) is False
            assert self.consents.get("alice", "client") == replace(consent, version=version + 1)

    def test_consent_is_forgotten(self) -> None:
        for client_id in ("client", "other"):
            assert self.consents.put(new_consent(client_id=client_id), None)
        assert self.consents.forget("alice", "client") is True
        assert self.consents.forget("alice", "client") is False
        assert self.consents.get("alice", "client") is None
        assert [consent.client_id for consent in every(self.consents.export)] == ["other"]
        assert self.consents.put(new_consent(), 0) is False
        assert self.consents.put(new_consent(), None) is True

    def test_consent_that_expired_is_returned(self) -> None:
        consent = new_consent(expires_at=1, created_at=0)
        assert self.consents.put(consent, None)
        assert self.consents.get("alice", "client") == consent

    @pytest.mark.parametrize("limit", [1, 7, 20, 21])
    def test_consents_are_listed_in_pages(self, limit: int) -> None:
        ours = [new_consent(client_id=f"client-{number}") for number in range(20)]
        theirs = [new_consent(client_id="client-3", subject=f"user-{n}") for n in range(19)]
        assert self.consents.import_([*ours, *theirs]) == 39
        by_user = list(every(self.consents.list, subject="alice", limit=limit))
        assert len(by_user) == 20
        assert set(by_user) == set(ours)
        by_client = list(every(self.consents.list, client_id="client-3", limit=limit))
        assert len(by_client) == 20
        assert set(by_client) == {ours[3], *theirs}

    def test_a_cursor_of_consents_that_somebody_made_up(self) -> None:
        """It gives some page, or ``NotACursor``; no other exception."""
        assert self.consents.put(new_consent(), None)
        take_made_up(self.consents.list, subject="alice")
        take_made_up(self.consents.list, client_id="client")
        take_made_up(self.consents.export)

    def test_page_of_no_consents(self) -> None:
        assert self.consents.put(new_consent(), None)
        for of in ({"subject": "alice"}, {"client_id": "client"}):
            refuse_limit_below_one(self.consents.list, **of)
        refuse_limit_below_one(self.consents.export)

    def test_consents_are_listed_of_a_user_or_of_a_client(self) -> None:
        with pytest.raises(ValueError):
            self.consents.list()
        with pytest.raises(ValueError):
            self.consents.list(subject="alice", client_id="client")

    def test_consents_are_listed_completely_while_others_come(self) -> None:
        staying = [new_consent(client_id=f"client-{number}") for number in range(20)]
        self.consents.import_(staying)
        listed = set()
        for consent in every(self.consents.list, subject="alice", limit=3):
            listed.add(consent)
            if len(listed) < 40:
                assert self.consents.put(new_consent(client_id=f"client-{len(listed)}x"), None)
        assert listed >= set(staying)

    @pytest.mark.parametrize(
        ("now", "over"),
        [(NOW + HOUR - 1, False), (NOW + HOUR, True), (NOW + HOUR + 1, True)],
        ids=["before", "at", "after"],
    )
    def test_consent_is_purged_at_its_end(self, now: int, over: bool) -> None:
        assert self.consents.put(new_consent(), None)
        assert self.consents.purge(now) == Purged(int(over), more=False)
        assert (self.consents.get("alice", "client") is None) is over

    def test_consents_are_purged_a_few_at_a_time(self) -> None:
        ended = [new_consent(client_id=f"client-{n}", expires_at=NOW + 1) for n in range(10)]
        living = new_consent(subject="bob", expires_at=NOW + 2)
        self.consents.import_([*ended, living])
        first = self.consents.purge(NOW + 1, limit=3)
        assert first.removed <= 3
        assert first.more is True
        assert first.removed + purge_all(self.consents, NOW + 1, limit=3) == 10
        assert list(every(self.consents.export)) == [living]

    def test_consents_are_copied_into_a_fresh_store(self) -> None:
        for number in range(20):
            fields = {"resources": ("urn:a", "urn:b"), "data": bytes(range(number, 20))}
            consent = new_consent(client_id=f"client-{number}", **fields)
            assert self.consents.put(consent, None)
            assert self.consents.put(consent, 0)
        exported = list(every(self.consents.export))
        self.start_afresh()
        assert self.consents.import_(iter(exported[:5] + exported[:5])) == 5
        assert self.consents.import_(exported) == 15
        assert self.consents.import_(exported) == 0
        assert set(every(self.consents.export)) == set(exported)
        assert {consent.version for consent in exported} == {1}

"""Entries: small records, replaced by compare and swap, and listed by namespace and by owner."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pyramid_oauth2.protocol.records import (
    KEY_LENGTH,
    NAMESPACE_LENGTH,
    SUBJECT_LENGTH,
    Entry,
    Purged,
)

from .factories import HOUR, LATE, NOW, every, hard_to_compress, new_entry
from .harness import Contract
from .purging import purge_all
from .round_trips import ALL_BYTES, LOOKALIKES

FIELDS: dict[str, list[Any]] = {
    "namespace": ["é" * NAMESPACE_LENGTH, "𝄞" * NAMESPACE_LENGTH, "urn:x:{y}", "-", " ", "%"],
    "key": ["é" * KEY_LENGTH, "𝄞" * KEY_LENGTH, "https://a.example/?b=%20&c:{d}", "-", " ", "%3A"],
    "owner": [None, "é" * SUBJECT_LENGTH, "𝄞" * SUBJECT_LENGTH, "-", " ", "%", "None", "{}"],
    "data": [b"", b"\x00", b"\n", b" trailing \x00", ALL_BYTES],
    "expires_at": [None, 0, NOW, LATE],
}

each_value = [
    pytest.param(name, value, id=f"{name}-{number}")
    for name, values in FIELDS.items()
    for number, value in enumerate(values)
]


class Entries(Contract):
    """One entry at a time."""

    @pytest.mark.parametrize(("name", "value"), each_value)
    def test_entry_is_kept(self, name: str, value: Any) -> None:
        entry = new_entry(**{name: value})
        assert self.entries.put(entry, None) is True
        assert self.entries.get(entry.namespace, entry.key) == entry

    @pytest.mark.parametrize(("name", "value"), each_value)
    def test_entry_is_replaced_in_each_field(self, name: str, value: Any) -> None:
        entry = new_entry(namespace="n", key="k", owner="before", data=b"before")
        other = {"namespace": "n", "key": "k"}.keys() & {name}
        assert self.entries.put(entry, None)
        changed = replace(entry, **{name: value})
        assert self.entries.put(changed, 0) is not bool(other)
        expected = entry if other else replace(changed, version=1)
        assert self.entries.get("n", "k") == expected

    def test_entry_fields_are_all_tested(self) -> None:
        assert {*FIELDS, "version"} == set(Entry.__dataclass_fields__)

    def test_entry_with_the_longest_names(self) -> None:
        entry = new_entry(
            namespace=hard_to_compress(NAMESPACE_LENGTH, "𠀀"),
            key=hard_to_compress(KEY_LENGTH, "𠀀"),
            owner=hard_to_compress(SUBJECT_LENGTH, "𠀀"),
        )
        assert self.entries.put(entry, None) is True
        assert list(every(self.entries.list, owner=entry.owner)) == [entry]

    @pytest.mark.parametrize(
        ("name", "length"),
        [("namespace", NAMESPACE_LENGTH), ("key", KEY_LENGTH), ("owner", SUBJECT_LENGTH)],
    )
    def test_entry_with_a_longer_name_is_refused(self, name: str, length: int) -> None:
        long = "x" * (length + 1)
        with pytest.raises(ValueError, match=f"{name} has {length + 1} characters; at most"):
            new_entry(**{name: long})
        assert self.entries.get(long, "x") is self.entries.get("x", long) is None
        assert list(every(self.entries.list, namespace="x", owner=long)) == []

    def test_entries_are_told_apart(self) -> None:
        places = [(namespace, key) for namespace in LOOKALIKES for key in LOOKALIKES]
        for namespace, key in places:
            assert self.entries.put(new_entry(namespace=namespace, key=key, owner=key), None)
        for namespace, key in places:
            found = self.entries.get(namespace, key)
            assert found is not None
            assert (found.namespace, found.key) == (namespace, key)
        for name in LOOKALIKES:
            assert len(list(every(self.entries.list, namespace=name))) == len(LOOKALIKES)
            assert len(list(every(self.entries.list, owner=name))) == len(LOOKALIKES)
            both = list(every(self.entries.list, namespace="alice", owner=name))
            assert [entry.key for entry in both] == [name]

    def test_entry_unknown(self) -> None:
        assert self.entries.get("feature", "key") is None
        assert self.entries.delete("feature", "key") is False
        assert self.entries.delete("feature", "key", 0) is False
        assert self.entries.put(new_entry(), 0) is False
        assert list(every(self.entries.list, namespace="feature")) == []
        assert list(every(self.entries.export)) == []

    def test_entry_is_inserted_once(self) -> None:
        first = new_entry(version=9)
        assert self.entries.put(first, None) is True
        assert self.entries.put(replace(first, data=b"second"), None) is False
        assert self.entries.get(first.namespace, first.key) == replace(first, version=0)

    def test_entry_is_replaced_by_who_knew_its_version(self) -> None:
        entry = new_entry()
        assert self.entries.put(entry, None) is True
        for version in range(3):
            changed = replace(entry, data=bytes([version]), version=77)
            assert self.entries.put(changed, version + 1) is False
            assert self.entries.put(changed, version) is True
            assert self.entries.put(changed, version) is False
            expected = replace(changed, version=version + 1)
            assert self.entries.get(entry.namespace, entry.key) == expected

    @pytest.mark.parametrize("version", [None, 1])
    def test_entry_is_deleted(self, version: int | None) -> None:
        entry, other = new_entry(owner="alice"), new_entry(owner="alice")
        for each in (entry, other):
            assert self.entries.put(each, None)
            assert self.entries.put(each, 0)
        assert self.entries.delete(entry.namespace, entry.key, 0) is False
        assert self.entries.delete(entry.namespace, entry.key, version) is True
        assert self.entries.delete(entry.namespace, entry.key, version) is False
        assert self.entries.get(entry.namespace, entry.key) is None
        assert [e.key for e in every(self.entries.list, owner="alice")] == [other.key]
        assert [e.key for e in every(self.entries.list, namespace="feature")] == [other.key]
        assert self.entries.put(entry, 1) is False
        assert self.entries.put(entry, None) is True
        assert self.entries.get(entry.namespace, entry.key) == entry

    def test_entry_that_expired_is_returned(self) -> None:
        entry = new_entry(expires_at=1)
        assert self.entries.put(entry, None)
        assert self.entries.get(entry.namespace, entry.key) == entry
        assert self.entries.put(entry, None) is False
        assert self.entries.put(replace(entry, expires_at=NOW), 0) is True

    @pytest.mark.parametrize(
        ("now", "over"),
        [(NOW + HOUR - 1, False), (NOW + HOUR, True), (NOW + HOUR + 1, True)],
        ids=["before", "at", "after"],
    )
    def test_entry_is_purged_at_its_end(self, now: int, over: bool) -> None:
        entry = new_entry(owner="alice")
        assert self.entries.put(entry, None)
        assert self.entries.purge(now) == Purged(int(over), more=False)
        assert self.entries.get(entry.namespace, entry.key) == (None if over else entry)
        assert list(every(self.entries.list, owner="alice")) == ([] if over else [entry])

    def test_entry_without_an_end_is_never_purged(self) -> None:
        entry = new_entry(expires_at=None, owner="alice")
        assert self.entries.put(entry, None)
        assert purge_all(self.entries, LATE) == 0
        assert list(every(self.entries.list, owner="alice")) == [entry]

    def test_entry_is_purged_at_the_end_that_it_has_now(self) -> None:
        sooner, later, never = (new_entry(owner="alice") for _ in range(3))
        ends = {sooner: NOW + 1, later: NOW + 2 * HOUR, never: None}
        for entry, end in ends.items():
            assert self.entries.put(entry, None)
            assert self.entries.put(replace(entry, expires_at=end), 0)
        assert purge_all(self.entries, NOW + 1) == 1
        assert self.entries.get(sooner.namespace, sooner.key) is None
        assert purge_all(self.entries, NOW + 2 * HOUR - 1) == 0
        assert purge_all(self.entries, NOW + 2 * HOUR) == 1
        assert [e.key for e in every(self.entries.list, owner="alice")] == [never.key]

    def test_entries_are_purged_a_few_at_a_time(self) -> None:
        ended = [new_entry(expires_at=NOW + 1) for _ in range(10)]
        living = new_entry(expires_at=NOW + 2)
        self.entries.import_([*ended, living])
        first = self.entries.purge(NOW + 1, limit=3)
        assert first.removed <= 3
        assert first.more is True
        assert first.removed + purge_all(self.entries, NOW + 1, limit=3) == 10
        assert list(every(self.entries.export)) == [living]

    def test_entries_are_copied_into_a_fresh_store(self) -> None:
        for number in range(20):
            owner, end = (None, None) if number % 2 else ("alice", NOW + HOUR)
            entry = new_entry(owner=owner, expires_at=end, data=bytes(range(number)))
            assert self.entries.put(entry, None)
            assert self.entries.put(entry, 0)
        exported = list(every(self.entries.export))
        self.start_afresh()
        assert self.entries.import_(iter(exported[:5] + exported[:5])) == 5
        assert self.entries.import_(exported) == 15
        assert self.entries.import_(exported) == 0
        assert set(every(self.entries.export)) == set(exported)
        assert {entry.version for entry in exported} == {1}
        owned = {entry for entry in exported if entry.owner}
        assert set(every(self.entries.list, owner="alice")) == owned

    def test_entries_that_are_there_are_left_by_a_copy(self) -> None:
        entry = new_entry(owner="alice")
        assert self.entries.put(entry, None)
        other = replace(entry, owner="bob", data=b"other", version=7)
        assert self.entries.import_([other, other]) == 0
        assert list(every(self.entries.export)) == [entry]
        assert list(every(self.entries.list, owner="bob")) == []

    def test_entry_shows_no_data_and_no_digest(self) -> None:
        assert "secret" not in repr(new_entry(key="secret", data=b"secret"))

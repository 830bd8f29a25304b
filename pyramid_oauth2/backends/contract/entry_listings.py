"""Listing entries, page by page, by namespace, by owner and by both, while others write."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from pyramid_oauth2.protocol.records import Entry

from .factories import HOUR, NOW, every, new_entry, refuse_limit_below_one, take_made_up
from .harness import Contract
from .purging import purge_all

SOME = 20


class EntryListings(Contract):
    """A listing shows everything that exists throughout, and nothing that is gone."""

    @pytest.mark.parametrize("limit", [1, 7, SOME, SOME + 1])
    def test_entries_are_listed_in_pages(self, limit: int) -> None:
        ours = [new_entry(namespace="ours", owner="alice") for _ in range(SOME)]
        mixed = [new_entry(namespace="other", owner="alice") for _ in range(SOME)]
        theirs = [new_entry(namespace="ours", owner="bob", expires_at=None) for _ in range(SOME)]
        nobodys = [new_entry(namespace="ours") for _ in range(3)]
        everything = [*ours, *mixed, *theirs, *nobodys]
        assert self.entries.import_(everything) == 3 * SOME + 3

        def listed(namespace: str | None, owner: str | None) -> Counter[Entry]:
            listing = every(self.entries.list, limit=limit, namespace=namespace, owner=owner)
            return Counter(listing)

        assert listed("ours", None) == Counter([*ours, *theirs, *nobodys])
        assert listed(None, "alice") == Counter([*ours, *mixed])
        assert listed("ours", "alice") == Counter(ours)
        assert listed("other", "bob") == listed("none", None) == listed(None, "carol") == Counter()

    def test_entries_are_listed_by_something(self) -> None:
        with pytest.raises(ValueError):
            self.entries.list()

    def test_a_cursor_of_entries_that_somebody_made_up(self) -> None:
        """It gives some page, or ``NotACursor``; no other exception."""
        assert self.entries.put(new_entry(owner="alice"), None)
        for of in (
            {"namespace": "feature"},
            {"owner": "alice"},
            {"namespace": "feature", "owner": "alice"},
        ):
            take_made_up(self.entries.list, **of)
        take_made_up(self.entries.export)

    def test_page_of_no_entries(self) -> None:
        assert self.entries.put(new_entry(owner="alice"), None)
        for of in ({"namespace": "feature"}, {"owner": "alice"}):
            refuse_limit_below_one(self.entries.list, **of)
        refuse_limit_below_one(self.entries.export)

    def test_entries_are_listed_completely_while_others_come_and_go(self) -> None:
        staying = [new_entry(owner="alice") for _ in range(SOME)]
        leaving = [new_entry(owner="alice") for _ in range(SOME)]
        self.entries.import_([*staying, *leaving])
        listed = set()
        for entry in every(self.entries.list, owner="alice", limit=3):
            listed.add(entry)
            if len(listed) < 3 * SOME:
                assert self.entries.put(new_entry(owner="alice"), None)
            if leaving:
                gone = leaving.pop()
                assert self.entries.delete(gone.namespace, gone.key)
        assert listed >= set(staying)

    def test_entries_are_listed_for_the_owner_that_they_have_now(self) -> None:
        entry = new_entry(owner="alice")
        assert self.entries.put(entry, None)
        owners = ["bob", None, "alice", "alice"]
        for version, owner in enumerate(owners):
            assert self.entries.put(replace(entry, owner=owner), version)
            for name in ("alice", "bob"):
                listed = [e.version for e in every(self.entries.list, owner=name)]
                assert listed == ([version + 1] if name == owner else [])
            assert len(list(every(self.entries.list, namespace="feature"))) == 1

    def test_entries_deleted_and_inserted_again_have_one_owner(self) -> None:
        entry = new_entry(owner="alice")
        assert self.entries.put(entry, None)
        assert self.entries.delete(entry.namespace, entry.key)
        assert self.entries.put(replace(entry, owner="bob"), None)
        assert list(every(self.entries.list, owner="alice")) == []
        assert self.entries.delete(entry.namespace, entry.key, 0)
        assert list(every(self.entries.list, owner="bob")) == []

    def test_entries_purged_are_not_listed(self) -> None:
        ended = [new_entry(owner="alice", expires_at=NOW + 1) for _ in range(SOME)]
        staying = [new_entry(owner="alice", expires_at=end) for end in (NOW + HOUR, None)]
        self.entries.import_([*ended, *staying])
        purge_all(self.entries, NOW + 1)
        for namespace, owner in (("feature", None), (None, "alice"), ("feature", "alice")):
            listing = every(self.entries.list, namespace=namespace, owner=owner)
            assert set(listing) == set(staying)

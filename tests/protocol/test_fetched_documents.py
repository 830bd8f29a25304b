"""The list of fetched documents: the last time of each, in a fixed number of places."""

from __future__ import annotations

from typing import Any

import pytest

from pyramid_oauth2.events import DocumentFetched
from pyramid_oauth2.protocol import fetched_documents
from pyramid_oauth2.protocol.fetched_documents import KEPT, NAMESPACE, Fetched, fetched, note
from pyramid_oauth2.protocol.records import Entry

from .worlds import NOW, make_server


@pytest.fixture
def entries() -> Any:
    return make_server().entries


def event(url: str, error: str | None = None) -> DocumentFetched:
    return DocumentFetched(url=url, purpose="client_id", error=error)


def test_the_last_time_of_each(entries: Any) -> None:
    note(entries, event("https://a.example/"), NOW)
    note(entries, event("https://b.example/", "is broken"), NOW + 1)
    note(entries, event("https://a.example/"), NOW + 2)
    assert fetched(entries, NOW) == [
        Fetched("https://a.example/", "client_id", NOW + 2, None),
        Fetched("https://b.example/", "client_id", NOW + 1, "is broken"),
    ]


def test_it_does_not_grow_without_end(entries: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetched_documents, "PLACES", 8)
    for number in range(100):
        note(entries, event(f"https://host{number}.example/" + "x" * 2000), NOW)
    found = fetched(entries, NOW)
    assert len(found) <= 8
    assert max(len(each.url) for each in found) == 1000


def test_it_ends(entries: Any) -> None:
    note(entries, event("https://a.example/"), NOW)
    assert fetched(entries, NOW + KEPT) == []


def test_what_a_later_version_wrote(entries: Any) -> None:
    entries.put(Entry(NAMESPACE, "1", data=b"{}", expires_at=NOW + 1), None)
    assert fetched(entries, NOW) == []

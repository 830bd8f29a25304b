"""How long a process knows a document."""

from __future__ import annotations

import pytest

from pyramid_oauth2.extensions.client_id_metadata.known_documents import (
    LONGEST,
    MOST,
    REST,
    SHORTEST,
    Known,
    KnownDocuments,
)


@pytest.mark.parametrize(
    ("cache_control", "seconds"),
    [
        ("", SHORTEST),
        ("no-store, max-age=0", SHORTEST),
        ("max-age=3600", 3600),
        ('public, MAX-AGE="3600"', 3600),
        ("max-age=999999999", LONGEST),
        ("max-age=-1", SHORTEST),
        ("s-max-age=7200", SHORTEST),
    ],
)
def test_within_limits(cache_control: str, seconds: int):
    now = [0.0]
    known = KnownDocuments(lambda: now[0])
    known.put("u", Known(b"{}", 5), cache_control)
    now[0] = seconds - 1
    assert known.get("u") == Known(b"{}", 5)
    now[0] = seconds
    assert known.get("u") is None


def test_one_that_cannot_be_used():
    now = [0.0]
    known = KnownDocuments(lambda: now[0])
    known.put("u", Known(b"{}", 5, "is wrong"), "max-age=3600")
    now[0] = REST
    assert known.get("u") is None


def test_not_without_end():
    known = KnownDocuments(lambda: 0.0)
    for number in range(MOST + 1):
        known.put(str(number), Known(b"{}", 0), "")
    assert known.get("0") is None
    assert known.get(str(MOST)) is not None

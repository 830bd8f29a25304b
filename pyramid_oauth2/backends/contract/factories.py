"""Records for tests: random where two must differ, simple elsewhere."""

from __future__ import annotations

import secrets
import string
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, TypeVar

import pytest

from pyramid_oauth2.protocol.clients.codecs import LAST_TIME
from pyramid_oauth2.protocol.identifiers import MOST_BYTES
from pyramid_oauth2.protocol.listings import NotACursor
from pyramid_oauth2.protocol.records import (
    CLIENT_ID_LENGTH,
    REFRESH_TOKEN,
    Client,
    Consent,
    Entry,
    Grant,
    Page,
    SealedAnswer,
    Token,
)

Item = TypeVar("Item")

# Far ahead of any server's clock, so that a time-to-live in the store never affects a
# test, and beyond 2**31, so that every test covers such times.
NOW = 4_000_000_000
LATE = LAST_TIME
MINUTE, HOUR, DAY = 60, 3600, 86400

# As long as allowed: a URL, and text of the most bytes.
LONG_CLIENT_IDS = (
    "https://client.example/".ljust(CLIENT_ID_LENGTH, "x"),
    "é" * CLIENT_ID_LENGTH,
    "€" * CLIENT_ID_LENGTH,
    "𝄞" * (MOST_BYTES // 4),
)

_BASE62 = string.ascii_letters + string.digits


def new_family() -> str:
    """A random family of 16 base-62 characters."""
    return "".join(secrets.choice(_BASE62) for _ in range(16))


def new_digest() -> bytes:
    """A random digest of 32 bytes."""
    return secrets.token_bytes(32)


def new_attempt() -> str:
    """A random attempt of 128 bits."""
    return secrets.token_hex(16)


def hard_to_compress(length: int, first: str) -> str:
    """Random text of *length* characters from *first* on, of which each takes as many bytes.

    PostgreSQL compresses what it writes into an index, so a longest identifier tests the
    limit of an index only if it is random.
    """
    return "".join(chr(ord(first) + secrets.randbelow(4096)) for _ in range(length))


def new_grant(**fields: Any) -> Grant:
    """A grant of one hour, of alice to one client, with *fields* instead of these."""
    plain: dict[str, Any] = {
        "id": new_family(),
        "client_id": "client",
        "epoch": 0,
        "subject": "alice",
        "scope": frozenset({"read"}),
        "created_at": NOW,
        "expires_at": NOW + HOUR,
        "absolute_end": NOW + DAY,
    }
    return Grant(**(plain | fields))


def new_token(kind: str = REFRESH_TOKEN, grant: Grant | None = None, **fields: Any) -> Token:
    """A token of *grant* that ends with it, or a token of one hour that stands alone."""
    plain: dict[str, Any] = {
        "kind": kind,
        "family": grant.id if grant else new_family(),
        "grant_id": grant.id if grant else None,
        "digest": new_digest(),
        "issued_at": NOW,
        "expires_at": grant.expires_at if grant else NOW + HOUR,
    }
    return Token(**(plain | fields))


def new_answer(**fields: Any) -> SealedAnswer:
    """A random sealed answer that ends after a minute."""
    plain: dict[str, Any] = {"data": secrets.token_bytes(64), "expires_at": NOW + MINUTE}
    return SealedAnswer(**(plain | fields))


def new_client(**fields: Any) -> Client:
    """A client with a random client_id."""
    plain: dict[str, Any] = {"client_id": secrets.token_hex(8), "created_at": NOW}
    return Client(**(plain | fields))


def new_consent(**fields: Any) -> Consent:
    """A consent of one hour, of alice to one client, with *fields* instead of these."""
    plain: dict[str, Any] = {
        "subject": "alice",
        "client_id": "client",
        "scope": frozenset({"read"}),
        "redirect_uri": "https://client.example/callback",
        "created_at": NOW,
        "expires_at": NOW + HOUR,
    }
    return Consent(**(plain | fields))


def new_entry(**fields: Any) -> Entry:
    """An entry of one hour with a random key, of one feature and no owner."""
    plain: dict[str, Any] = {
        "namespace": "feature",
        "key": secrets.token_hex(8),
        "data": b"{}",
        "expires_at": NOW + HOUR,
    }
    return Entry(**(plain | fields))


def every(listing: Callable[..., Page[Item]], limit: int = 7, **arguments: Any) -> Iterator[Item]:
    """Iterate over all pages of a listing of a store.

    :param limit: how many records a page may have.
    """
    cursor = None
    while True:
        page = listing(cursor=cursor, limit=limit, **arguments)
        assert len(page.items) <= limit
        yield from page.items
        if page.cursor is None:
            return
        assert page.cursor != cursor
        cursor = page.cursor


# A page puts a cursor into a URL, where an attacker may write another one.
MADE_UP_CURSORS = (
    *("", "x", "null", "{}", "[]", "7", "[1]", '["a"]', "[1, 2]", '["a", "b"]', "[" * 4000),
    *('["a", 1]', '["a", -1]', '["a", true]', '["a", 1.5]', '["a", 1e999]', '["a", null]'),
    *(f'["a", {2**70}]', f'[{2**70}, "a"]', '["61", "\\ud800"]', '["61", "\\u0000"]'),
    *('["\\ud800", 1]', '["61", "a"]', "YQ==", "/w=="),
)


def take_made_up(listing: Callable[..., Page[Any]], **of: Any) -> None:
    """Request the pages of invalid cursors: each gives some page, or ``NotACursor``.

    A page only if the text has the form of the store's cursors, to the letter.
    """
    for cursor in MADE_UP_CURSORS:
        with suppress(NotACursor):
            listing(cursor=cursor, **of)


def refuse_limit_below_one(listing: Callable[..., Page[Any]], **of: Any) -> None:
    """Expect ``ValueError`` for a page of no items, or fewer."""
    for limit in (0, -1):
        with pytest.raises(ValueError):
            listing(limit=limit, **of)


def spoilt(cursor: str) -> Iterator[str]:
    """Texts that a lenient decoder takes for the cursor, or for another one of the listing."""
    yield from (f"{cursor}!", f"!{cursor}", f"{cursor} ", f" {cursor}", f"{cursor}\n", cursor[:-1])
    yield from (f"{cursor}=", f"{cursor}==junk", cursor * 2)

"""Fills a store with grants as requests leave them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import TypeAlias

from pyramid_oauth2.interfaces.storage import IGrantStore
from pyramid_oauth2.protocol.records import Grant, Token

from ..site import Site

LIVE, EXPIRED = "live", "expired"
DAY = 86400  # seconds
BATCH = 5000

Prototype: TypeAlias = tuple[Grant, list[Token]]


def fill(site: Site, grants: int, expired: bool) -> int:
    """Add grants, each with an access token and a refresh token; return the number of records.

    :param expired: whether they ended a day ago.
    """
    store: IGrantStore = site.service.server.grants
    site.tokens()
    prototype = _prototype(store)
    copies = _copies(_ended(*prototype) if expired else prototype, grants)
    number = 0
    while batch := list(islice(copies, BATCH)):
        store.import_(batch)
        number += len(batch)
    return number


def _prototype(store: IGrantStore) -> Prototype:
    """A grant that a request has left, with its tokens; the store has few records."""
    records: list[object] = []
    cursor = None
    while True:
        page = store.export(cursor)
        records += page.items
        cursor = page.cursor
        if cursor is None:
            break
    grant = max((each for each in records if isinstance(each, Grant)), key=lambda each: each.id)
    tokens = [each for each in records if isinstance(each, Token) and each.grant_id == grant.id]
    return grant, tokens


def _ended(grant: Grant, tokens: list[Token]) -> Prototype:
    """The same, so much earlier that its end was a day ago."""
    ago = grant.absolute_end - grant.created_at + DAY
    grant = replace(
        grant,
        created_at=grant.created_at - ago,
        expires_at=grant.expires_at - ago,
        absolute_end=grant.absolute_end - ago,
    )
    earlier = [
        replace(each, issued_at=each.issued_at - ago, expires_at=each.expires_at - ago)
        for each in tokens
    ]
    return grant, earlier


def _copies(prototype: Prototype, number: int) -> Iterator[Grant | Token]:
    grant, tokens = prototype
    for _ in range(number):
        family = os.urandom(len(grant.id) // 2).hex()
        yield replace(grant, id=family, subject=f"user-{family[:16]}")
        for token in tokens:
            yield replace(token, family=family, grant_id=family, digest=os.urandom(32))

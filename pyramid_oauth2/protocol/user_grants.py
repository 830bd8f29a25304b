"""What a user allows at present, by client."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import TypeVar

from .authorization.consent_data import ConsentData
from .authorization.decisions import decisions
from .envelope import NotUnderstood
from .grants import is_living
from .listings import every
from .records import ACCESS_TOKEN, REFRESH_TOKEN, Client, Consent, Grant, Page
from .server import Server

# The most that is read for one user. Most users have a few dozen records; a
# script that signs in all day has thousands.
RECORDS_READ = 1_000
# The size of a page.
BATCH = 500
# Each client is read separately.
CLIENTS_READ = 100
# Limits for finding the last token of one client.
GRANTS_READ = 3
TOKENS_READ = 200  # of each grant

Record = TypeVar("Record", Grant, Consent)


@dataclass(frozen=True, slots=True)
class Authorization:
    """What one user allows one client: by active grants, by a remembered consent, or by both.

    ``client`` is None if it was deleted. ``scope`` is all that the client has or
    can get without asking the user, ``at`` the part of it that counts at each resource.
    ``since`` is in UTC seconds. ``redirect_uri`` is that of the request which the user allowed,
    if it is remembered.
    """

    client_id: str
    client: Client | None
    scope: frozenset[str]
    since: int
    grants: tuple[Grant, ...]
    redirect_uri: str | None = None
    at: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Authorizations:
    """What one user allows, newest first. ``complete`` is false if a limit cut the list short."""

    newest_first: tuple[Authorization, ...]
    complete: bool


def authorizations_of(server: Server, subject: str) -> Authorizations:
    """What *subject* allows at present.

    The grant of a code that was not redeemed yet counts: the client can get
    tokens for it at any moment. If the code is never redeemed, the grant ends
    within a minute.
    """
    now = server.clock()
    grants, all_grants = _read(lambda at: server.grants.grants(subject, None, at, BATCH))
    consents, all_consents = _read(lambda at: server.consents.list(subject, None, at, BATCH))
    granted: dict[str, list[Grant]] = defaultdict(list)
    for grant in grants:
        if is_living(grant, now):
            granted[grant.client_id].append(grant)
    remembered = {consent.client_id: consent for consent in consents if now < consent.expires_at}
    found = (
        _authorization(server, client_id, granted[client_id], remembered.get(client_id))
        for client_id in _newest_first(
            [*chain.from_iterable(granted.values()), *remembered.values()]
        )
    )
    # Evaluated one at a time until there are enough; a client without valid rights is skipped.
    allowed = list(islice(filter(None, found), CLIENTS_READ + 1))
    complete = all_grants and all_consents and len(allowed) <= CLIENTS_READ
    shown = allowed[:CLIENTS_READ]
    shown.sort(key=lambda authorization: (-authorization.since, authorization.client_id))
    return Authorizations(tuple(shown), complete)


def _newest_first(records: Iterable[Grant | Consent]) -> list[str]:
    """The clients of the records, those whose earliest record is newest first.

    Clients are not read here, so a grant that a raised epoch has ended counts too.
    """
    since: dict[str, int] = {}
    for record in records:
        since[record.client_id] = min(record.created_at, since.get(record.client_id, sys.maxsize))
    return sorted(since, key=lambda client_id: (-since[client_id], client_id))


def _read(listing: Callable[[str | None], Page[Record]]) -> tuple[list[Record], bool]:
    records = list(islice(every(listing), RECORDS_READ + 1))
    return records[:RECORDS_READ], len(records) <= RECORDS_READ


def _authorization(
    server: Server, client_id: str, grants: Iterable[Grant], consent: Consent | None
) -> Authorization | None:
    client = server.clients.get(client_id)
    # What was issued under a lower epoch was permanently withdrawn from the client.
    living = tuple(grant for grant in grants if client is None or grant.epoch >= client.epoch)
    data = None if consent is None else _data(server, consent)
    if consent is not None and data is not None and _is_ended(data, client):
        consent = None
    records: tuple[Grant | Consent, ...] = living if consent is None else (*living, consent)
    if not records:
        return None
    at = _at(server, records)
    if consent is not None and data is not None and data.elsewhere:
        decided = decisions(server, consent, data)
        at = _united([*at.items(), *((name, each.scope) for name, each in decided.items())])
    return Authorization(
        client_id,
        client,
        frozenset().union(*(each.scope for each in records), *at.values()),
        min(record.created_at for record in records),
        living,
        None if consent is None else consent.redirect_uri,
        at,
    )


def _at(server: Server, records: Iterable[Grant | Consent]) -> dict[str, frozenset[str]]:
    resources = server.resources
    return _united(
        (name, resources.scope_at(each.scope, [name]))
        for each in records
        for name in resources.audience(each.resources)
    )


def _united(scopes: Iterable[tuple[str, frozenset[str]]]) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for name, scope in scopes:
        found[name] = found.get(name, frozenset()) | scope
    return found


def _data(server: Server, consent: Consent) -> ConsentData | None:
    try:
        return ConsentData.decode(consent.data, server.understood)
    except NotUnderstood:
        # A later version may still count it, so the user can withdraw it.
        return None


def _is_ended(data: ConsentData, client: Client | None) -> bool:
    """Whether a raised epoch has ended a consent.

    That of a client that is deleted or disabled is listed, so that its user sees what became
    of the client.
    """
    if client is None or client.disabled_at is not None:
        return False
    return data.epoch < client.epoch


@dataclass(frozen=True, slots=True)
class LastToken:
    """When a token was last issued, in UTC seconds; perhaps later, if not all were read."""

    issued_at: int
    or_later: bool


def last_token(server: Server, grants: Iterable[Grant]) -> LastToken | None:
    """The last token that was issued for one of the grants; None if there is none.

    Only a limited number of records is read: a client that refreshes all the
    time must not make this slow.
    """
    ending_last = sorted(grants, key=lambda grant: grant.expires_at)[-GRANTS_READ:]
    pages = [server.grants.tokens(grant.id, limit=TOKENS_READ) for grant in ending_last]
    issued = [
        token.issued_at
        for page in pages
        for token in page.items
        # Both are issued together, but the refresh token is still stored when the
        # access token has expired and was purged.
        if token.kind in (ACCESS_TOKEN, REFRESH_TOKEN)
    ]
    or_later = any(page.cursor is not None for page in pages)
    return LastToken(max(issued), or_later) if issued else None

"""Revoking grants."""

from __future__ import annotations

from functools import partial

from .events import Emit, GrantEvent, GrantRevoked, grant_event
from .follow_up import follow_up
from .listings import every
from .lost_responses import until_known
from .records import ACCESS_TOKEN, Client, Grant, Token, TokenRef
from .server import Server

# Few round trips where many records of a listing have ended.
PAGE = 500
REVOKED_BY_OPERATOR = "revoked by an operator"
WITHDRAWN_BY_USER = "withdrawn by the user"


def end_grant(
    server: Server,
    grant: Grant,
    reason: str,
    emit: Emit,
    cause: type[GrantEvent] | None = None,
) -> bool:
    """Revoke a grant and with it every token that was issued for it; the first reason stays.

    :param reason: a fixed text, the same for every such case: metrics count by it.
    :param cause: the event that led to it; emitted also where the grant was revoked before,
        and where the store does not confirm the revocation.
    :return: whether this call revoked it.
    :raises StoreUnavailable: it is not certain that the grant is revoked.
    """
    if cause is not None:
        emit(grant_event(cause, grant))
    ended = _revoke(server, grant, reason)
    if ended:
        emit(grant_event(GrantRevoked, grant, reason=reason))
    return ended


def _revoke(server: Server, grant: Grant, reason: str) -> bool:
    now = server.clock()
    revoke = partial(server.grants.revoke_grant, grant.id, now, reason)

    def again() -> bool:
        if revoke():
            return True
        # By the call whose response was lost, or by another one before.
        found = find_grant(server, grant.id)
        return found is not None and (found.revoked_at, found.revoke_reason) == (now, reason)

    return until_known(revoke, again)


def end_grants_of(
    server: Server,
    subject: str,
    reason: str,
    emit: Emit,
    client_id: str | None = None,
) -> list[Grant]:
    """Revoke every grant of a user; with *client_id*, every one to this client.

    :return: the grants that this call revoked.
    """
    grants = every(lambda at: server.grants.grants(subject, client_id, at, PAGE))
    living = [grant for grant in grants if is_living(grant, server.clock())]
    ended = [grant for grant in living if end_grant(server, grant, reason, emit)]
    # Also grants that are being opened at this moment, which no listing shows. They are
    # not returned: a store counts them together with grants that have expired.
    until_known(partial(server.grants.revoke_subject, subject, server.clock(), reason, client_id))
    return ended


def find_grant(server: Server, grant_id: str) -> Grant | None:
    """The grant of that id, found by one of its tokens; None if nothing is left of it."""
    for token in every(lambda at: server.grants.tokens(grant_id, at)):
        found = server.grants.find(token.ref)
        if found is not None and found[1] is not None:
            return found[1]
    return None


def end_earlier_grants(server: Server, latest: Grant, emit: Emit) -> None:
    """Under ``oauth2.single_access_token``: revoke the earlier grants of the user to the client.

    Only grants of the same scope, and only those that sort before *latest*: of
    two that are issued at once, at least one stays, and both may.
    """
    if not server.single_access_token:
        return
    with follow_up("Earlier grants were not ended"):
        _end_earlier(server, latest, emit)


def _end_earlier(server: Server, latest: Grant, emit: Emit) -> None:
    subject, client_id = latest.subject, latest.client_id
    grants = every(lambda at: server.grants.grants(subject, client_id, at, PAGE))
    for grant in grants:
        earlier = (grant.created_at, grant.id) < (latest.created_at, latest.id)
        if earlier and grant.scope == latest.scope and is_living(grant, server.clock()):
            end_grant(server, grant, "a newer token replaced it", emit)


def earlier_access_tokens(server: Server, grant: Grant) -> tuple[TokenRef, ...]:
    """Under ``oauth2.single_access_token``: the access tokens that a refresh retires.

    To be read before the refresh: then none of them belongs to a later one.
    """
    if not server.single_access_token:
        return ()
    return tuple(
        token.ref
        for token in every(lambda at: server.grants.tokens(grant.id, at, PAGE))
        if token.kind == ACCESS_TOKEN and is_living(token, server.clock())
    )


def has_living_grant(server: Server, client: Client, now: int) -> bool:
    """Whether a grant of a client is alive; also if it has so many that not all are looked at."""
    listed = every(lambda at: server.grants.grants(client_id=client.client_id, cursor=at))
    return any(
        count == PAGE or (is_living(grant, now) and grant.epoch >= client.epoch)
        for count, grant in enumerate(listed)
    )


def is_living(record: Grant | Token, now: int) -> bool:
    """Whether a record has neither expired nor been revoked at *now*, in UTC seconds."""
    return record.revoked_at is None and now < record.expires_at

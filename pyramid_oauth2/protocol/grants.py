"""Ending what a user allowed a client."""

from __future__ import annotations

from .events import GrantRevoked, Tell, grant_event
from .listings import every
from .records import ACCESS_TOKEN, Grant, Token, TokenRef
from .server import AuthorizationServer


def end_grant(server: AuthorizationServer, grant: Grant, reason: str, tell: Tell) -> None:
    """Revoke a grant and with it everything that was issued for it; the first reason stays."""
    if server.grants.revoke_grant(grant.id, server.clock(), reason):
        tell(grant_event(GrantRevoked, grant, reason=reason))


def end_earlier_grants(server: AuthorizationServer, latest: Grant, tell: Tell) -> None:
    """Under ``oauth2.single_access_token``: end what the user allowed the client before.

    Only grants of the same scope, and only those that sort before *latest*: of
    two that are issued at once, one stays.
    """
    if not server.single_access_token:
        return
    grants = every(lambda at: server.grants.grants(latest.subject, latest.client_id, at))
    for grant in grants:
        earlier = (grant.created_at, grant.id) < (latest.created_at, latest.id)
        if earlier and grant.scope == latest.scope and _lives(grant, server.clock()):
            end_grant(server, grant, "a newer token replaced it", tell)


def earlier_access_tokens(server: AuthorizationServer, grant: Grant) -> tuple[TokenRef, ...]:
    """Under ``oauth2.single_access_token``: the access tokens that a refresh retires.

    To be read before the refresh: then none of them is a later one's.
    """
    if not server.single_access_token:
        return ()
    return tuple(
        token.ref
        for token in every(lambda at: server.grants.tokens(grant.id, at))
        if token.kind == ACCESS_TOKEN and _lives(token, server.clock())
    )


def _lives(record: Grant | Token, now: int) -> bool:
    return record.revoked_at is None and now < record.expires_at

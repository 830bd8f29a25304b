"""Whether a token still counts, and if not, why: the one place that says so."""

from __future__ import annotations

from .access_tokens import AccessTokenData
from .records import ACCESS_TOKEN, Client, Grant, Token
from .server import AuthorizationServer


class DeadToken(Exception):
    """The token does not count; the message completes the sentence "the token ..."."""


def check_token(token: Token, grant: Grant | None, now: int) -> None:
    """Look at the records alone.

    :raises DeadToken: the token or its grant has ended.
    """
    if token.expires_at <= now:
        raise DeadToken("has expired")
    if token.revoked_at is not None:
        raise DeadToken("was revoked")
    if token.consumed_at is not None:
        raise DeadToken("was used")
    if token.grant_id is None:
        return
    # A grant that is gone takes its tokens with it, whatever they say.
    if grant is None or grant.expires_at <= now:
        raise DeadToken("belongs to a grant that has ended")
    if grant.revoked_at is not None:
        raise DeadToken("belongs to a grant that was revoked")


def check_parties(server: AuthorizationServer, token: Token, grant: Grant | None) -> Client:
    """Look at the client and the user behind a token that :func:`check_token` let pass.

    :return: the client.
    :raises DeadToken: one of them may do nothing any more.
    """
    client_id, epoch = (grant.client_id, grant.epoch) if grant else _own(token)
    client = server.clients.get(client_id) if client_id else None
    if client is None or client.disabled_at is not None:
        raise DeadToken("belongs to a client that is disabled")
    # Everything issued under a lower epoch was taken away. A higher one is not
    # refused: whoever issued it knew a change that is not known here yet.
    if epoch is None or epoch < client.epoch:
        raise DeadToken("belongs to a client whose rights were withdrawn")
    if grant is not None and not server.is_active(grant.subject):
        raise DeadToken("belongs to a user who is deactivated")
    return client


def _own(token: Token) -> tuple[str | None, int | None]:
    if token.kind != ACCESS_TOKEN:
        return None, None
    data = AccessTokenData.decode(token.data)
    return data.client_id, data.epoch

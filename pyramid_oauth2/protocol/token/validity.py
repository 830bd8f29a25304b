"""Whether a token or a grant is valid, and if not, why: the one place that decides it."""

from __future__ import annotations

from ..envelope import NotUnderstood, check_understood
from ..records import ACCESS_TOKEN, Client, Grant, Token
from ..server import Server
from .access_token import AccessTokenData


class NotValid(Exception):
    """It is not valid; the message completes "the token ...", or "the grant ..." of a grant."""


def check_token(token: Token, grant: Grant | None, now: int) -> None:
    """Check the records alone, in the order of ``IGrantStore.redeem``.

    :raises NotValid: the token or its grant has ended.
    """
    if token.revoked_at is not None:
        raise NotValid("was revoked")
    if grant is not None and grant.revoked_at is not None:
        raise NotValid("belongs to a grant that was revoked")
    if grant is not None:
        _check_understood(grant, "belongs to a grant that ")
    # A token ends with its grant, whatever its own record says.
    if grant is None and token.grant_id is not None:
        raise NotValid("belongs to a grant that has ended")
    if token.consumed_at is not None:
        raise NotValid("was used")
    if token.expires_at <= now:
        raise NotValid("has expired")
    if grant is not None and grant.expires_at <= now:
        raise NotValid("belongs to a grant that has ended")


def check_grant(server: Server, grant: Grant) -> Client:
    """Check a grant, and the client and the user behind it.

    :return: the client.
    :raises NotValid: no token of the grant is valid.
    """
    if grant.revoked_at is not None:
        raise NotValid("was revoked")
    _check_understood(grant)
    if grant.expires_at <= server.clock():
        raise NotValid("has expired")
    return _check(server, grant.client_id, grant.epoch, grant.subject)


def check_parties(server: Server, token: Token, grant: Grant | None) -> Client:
    """Check the client and the user behind a token that passed :func:`check_token`.

    :return: the client.
    :raises NotValid: the client or the user has been disabled.
    """
    if grant is not None:
        return _check(server, grant.client_id, grant.epoch, grant.subject)
    return _check(server, *_own(token), subject=None)


def _check(server: Server, client_id: str | None, epoch: int | None, subject: str | None) -> Client:
    client = server.clients.get(client_id) if client_id else None
    if client is None or client.disabled_at is not None:
        raise NotValid("belongs to a client that is disabled or was deleted")
    # Everything that was issued under a lower epoch was revoked. A higher one is valid:
    # the process that issued it knew a change that this process does not know yet.
    if epoch is None or epoch < client.epoch:
        raise NotValid("belongs to a client whose rights were withdrawn")
    if subject is not None and not server.is_active(subject):
        raise NotValid("belongs to a user who is deactivated")
    return client


def _check_understood(grant: Grant, whose: str = "") -> None:
    try:
        check_understood(grant.data)
    except NotUnderstood as error:
        raise NotValid(f"{whose}{error}") from None


def _own(token: Token) -> tuple[str | None, int | None]:
    if token.kind != ACCESS_TOKEN:
        return None, None
    try:
        data = AccessTokenData.decode(token.data)
    except NotUnderstood as error:
        raise NotValid(str(error)) from None
    return data.client_id, data.epoch

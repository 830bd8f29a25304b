"""Whether a token or a grant is valid, and if not, why: the one place that decides it."""

from __future__ import annotations

from ..access import Access
from ..authorization_server import AuthorizationServer
from ..envelope import NotUnderstood
from ..grant_data import GrantData
from ..records import Client, Grant, Token
from ..server import Server
from .access_token import AccessTokenData
from .confirmation import Confirmation
from .possession import checked_members


class NotValid(Exception):
    """It is not valid; the message completes "the token ...", or "the grant ..." of a grant."""


def check_token(token: Token, grant: Grant | None, now: int) -> GrantData:
    """Check the records alone, in the order of ``IGrantStore.redeem``.

    :return: what the grant's record holds; without a grant, nothing.
    :raises NotValid: the token or its grant has ended.
    """
    if token.revoked_at is not None:
        raise NotValid("was revoked")
    if grant is not None and grant.revoked_at is not None:
        raise NotValid("belongs to a grant that was revoked")
    data = _understood(grant, "belongs to a grant that ") if grant is not None else GrantData()
    # A token ends with its grant, also if its own record lasts longer.
    if grant is None and token.grant_id is not None:
        raise NotValid("belongs to a grant that has ended")
    if token.consumed_at is not None:
        raise NotValid("was used")
    if token.expires_at <= now:
        raise NotValid("has expired")
    if grant is not None and grant.expires_at <= now:
        raise NotValid("belongs to a grant that has ended")
    return data


def check_grant(server: Server, grant: Grant) -> Client:
    """Check a grant, and the client and the user behind it.

    :return: the client.
    :raises NotValid: no token of the grant is valid.
    """
    if grant.revoked_at is not None:
        raise NotValid("was revoked")
    _understood(grant)
    if grant.expires_at <= server.clock():
        raise NotValid("has expired")
    return _check(server, grant.client_id, grant.epoch, grant.subject)


def check_parties(server: Server, grant: Grant | None, data: AccessTokenData | None) -> Client:
    """Check the clients and the user behind a token that passed :func:`check_token`.

    An access token that was issued to another client than its grant has both.

    :param data: of an access token; None for a token of another kind.
    :return: the client of the token.
    :raises NotValid: a client or the user has been disabled.
    """
    own = data.client_id if data else None
    client = _check(server, grant.client_id, grant.epoch, grant.subject) if grant else None
    if client is None or own is not None:
        client = _check(server, own, data.epoch if data else None)
    return client


def check_limits(
    server: AuthorizationServer, access: Access, confirmation: Confirmation | None
) -> None:
    """Refuse a token with a limit that nothing checks.

    :raises NotValid: it is bound to a key that no sender constraint checks, or limited to
        resources or details, which nothing in this version checks.
    """
    # RFC 7800 section 3.1: a recipient that does not check the key would accept
    # a stolen token. RFC 8707 section 2: a token for one resource is not for another.
    if confirmation is not None and not confirmation.methods.keys() <= checked_members(server):
        raise NotValid("is bound to a key that this server does not check")
    if access.limits():
        raise NotValid("has a limit that this server does not check")


def _check(
    server: Server, client_id: str | None, epoch: int | None, subject: str | None = None
) -> Client:
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


def _understood(grant: Grant, whose: str = "") -> GrantData:
    try:
        return GrantData.decode(grant.data)
    except NotUnderstood as error:
        raise NotValid(f"{whose}{error}") from None

"""Whether a token or a grant is valid, and if not, why: the one place that decides it."""

from __future__ import annotations

from collections.abc import Collection

from ..access import Access
from ..authorization_server import AuthorizationServer
from ..envelope import NotUnderstood
from ..grant_data import GrantData
from ..records import Client, Grant, Token
from ..refusal import OWN_RULE, Refusal
from ..server import USER_ACTIVE, Server
from .access_token import AccessTokenData
from .confirmation import Confirmation
from .sender_constraints import CHECKED, checked_members

TOKEN_UNREVOKED = Refusal("token_unrevoked", "RFC 6750 section 3.1", decided_by="token")
TOKEN_UNUSED = Refusal("token_unused", "RFC 6749 section 10.5", decided_by="token")
TOKEN_UNEXPIRED = Refusal("token_unexpired", "RFC 6750 section 3.1", decided_by="token")
GRANT_UNREVOKED = Refusal("grant_unrevoked", "RFC 6750 section 3.1", decided_by="grant")
GRANT_UNEXPIRED = Refusal("grant_unexpired", OWN_RULE, decided_by="grant")
DETAILS = Refusal("token_details", "RFC 9396 section 9", decided_by="token")
CLIENT_ENABLED = Refusal("token_client_enabled", OWN_RULE, decided_by="client")
CLIENT_EPOCH = Refusal("token_client_epoch", OWN_RULE, decided_by="client.epoch")


class NotValid(Exception):
    """It is not valid; the message completes "the token ...", or "the grant ..." of a grant.

    :param refusal: the check that it did not pass.
    """

    def __init__(self, message: str, *, refusal: Refusal) -> None:
        super().__init__(message)
        self.refusal = refusal


def check_token(
    token: Token, grant: Grant | None, now: int, understood: Collection[str] = ()
) -> GrantData:
    """Check the records alone, in the order of ``IGrantStore.redeem``.

    :param understood: as for :meth:`~..envelope.Members.read`.
    :return: what the grant's record holds; without a grant, nothing.
    :raises NotValid: the token or its grant has ended.
    """
    if token.revoked_at is not None:
        refusal = TOKEN_UNREVOKED.comparing(revoked_at=token.revoked_at)
        raise NotValid("was revoked", refusal=refusal)
    if grant is not None and grant.revoked_at is not None:
        raise NotValid("belongs to a grant that was revoked", refusal=_of_revoked(grant))
    data = GrantData()
    if grant is not None:
        data = _understood(grant, understood, "belongs to a grant that ")
    # A token ends with its grant, also if its own record lasts longer.
    if grant is None and token.grant_id is not None:
        refusal = GRANT_UNEXPIRED.comparing(grant_id=token.grant_id)
        raise NotValid("belongs to a grant that has ended", refusal=refusal)
    if token.consumed_at is not None:
        refusal = TOKEN_UNUSED.comparing(used_at=token.consumed_at)
        raise NotValid("was used", refusal=refusal)
    if token.expires_at <= now:
        refusal = TOKEN_UNEXPIRED.comparing(expires_at=token.expires_at, now=now)
        raise NotValid("has expired", refusal=refusal)
    if grant is not None and grant.expires_at <= now:
        refusal = _of_expired(grant, now)
        raise NotValid("belongs to a grant that has ended", refusal=refusal)
    return data


def _of_revoked(grant: Grant) -> Refusal:
    return GRANT_UNREVOKED.comparing(
        grant_id=grant.id, revoked_at=grant.revoked_at, reason=grant.revoke_reason
    )


def _of_expired(grant: Grant, now: int) -> Refusal:
    return GRANT_UNEXPIRED.comparing(grant_id=grant.id, expires_at=grant.expires_at, now=now)


def check_grant(server: Server, grant: Grant) -> Client:
    """Check a grant, and the client and the user behind it.

    :return: the client.
    :raises NotValid: no token of the grant is valid.
    """
    if grant.revoked_at is not None:
        raise NotValid("was revoked", refusal=_of_revoked(grant))
    _understood(grant, server.understood)
    now = server.clock()
    if grant.expires_at <= now:
        raise NotValid("has expired", refusal=_of_expired(grant, now))
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
        details, which nothing in this version checks.
    """
    # RFC 7800 section 3.1: a recipient that does not check the key would accept
    # a stolen token. RFC 9396 section 9: the details limit what the token is for.
    if confirmation is not None and not confirmation.methods.keys() <= checked_members(server):
        raise NotValid("is bound to a key that this server does not check", refusal=CHECKED)
    if access.details:
        raise NotValid(
            "has details that this server does not check",
            refusal=DETAILS.comparing(limits=access.limits()),
        )


def _check(
    server: Server, client_id: str | None, epoch: int | None, subject: str | None = None
) -> Client:
    client = server.clients.get(client_id) if client_id else None
    if client is None or client.disabled_at is not None:
        refusal = CLIENT_ENABLED.comparing(
            client_id=client_id, client="disabled" if client else "unknown"
        )
        raise NotValid("belongs to a client that is disabled or was deleted", refusal=refusal)
    # Everything that was issued under a lower epoch was revoked. A higher one is valid:
    # the process that issued it knew a change that this process does not know yet.
    if epoch is None or epoch < client.epoch:
        refusal = CLIENT_EPOCH.comparing(
            client_id=client_id, epoch_of_token=epoch, epoch_of_client=client.epoch
        )
        raise NotValid("belongs to a client whose rights were withdrawn", refusal=refusal)
    if subject is not None and not server.is_active(subject):
        refusal = USER_ACTIVE.comparing(subject=subject)
        raise NotValid("belongs to a user who is deactivated", refusal=refusal)
    return client


def _understood(grant: Grant, understood: Collection[str], whose: str = "") -> GrantData:
    try:
        return GrantData.decode(grant.data, understood)
    except NotUnderstood as error:
        refusal = error.refusal.comparing(grant_id=grant.id)
        raise NotValid(f"{whose}{error}", refusal=refusal) from None

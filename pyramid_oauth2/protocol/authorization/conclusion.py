"""What follows a consent once its grant is in the store: the event, and what is remembered."""

from __future__ import annotations

from functools import partial

from ..authorization_server import AuthorizationServer
from ..events import ConsentGiven, Emit
from ..follow_up import follow_up
from ..grants import find_grant
from ..lost_responses import until_known
from ..records import Client, Token
from .authorization_request import AuthorizationRequest
from .consent import remember_consent
from .interaction import WINDOW

NAMESPACE = "decision concluded"


def conclude(
    server: AuthorizationServer,
    client: Client,
    subject: str,
    requested: AuthorizationRequest,
    granted: AuthorizationRequest,
    interaction: Token,
    emit: Emit,
) -> None:
    """Emit the event of a consent and remember it, once for each decision.

    By the request that opened the grant; or, if that one failed after the grant was in the
    store, by the same decision sent again.

    :param requested: what the page showed.
    :param granted: what the user allowed of it.
    :param interaction: the record of the decision, of the family of the grant.
    """
    if not _is_first(server, interaction):
        return
    emit(ConsentGiven(client_id=client.client_id, subject=subject, scope=granted.scope))
    # The code is already issued. If this fails, the user may be asked again next time.
    with follow_up("It is not certain that a consent is remembered"):
        try:
            remember_consent(server, requested, granted, client, subject)
        finally:
            # Also where it is not known whether the consent was stored.
            _forget_if_withdrawn(server, client, subject, interaction)


def _forget_if_withdrawn(
    server: AuthorizationServer, client: Client, subject: str, interaction: Token
) -> None:
    # A withdrawal that ended the grant meanwhile could not see the consent.
    grant = find_grant(server, interaction.family)
    if grant is None or grant.revoked_at is not None:
        until_known(partial(server.consents.forget, subject, client.client_id))


def _is_first(server: AuthorizationServer, interaction: Token) -> bool:
    now, first = server.clock(), True
    # Longer than it can be repeated: a repetition must not replace what the user has allowed
    # since. Not until the end of its record, which stays for hours.
    end = now + max(server.lifetimes.interaction, WINDOW)
    with follow_up("Whether a decision was concluded before is not known"):
        first = server.grants.reserve(NAMESPACE, interaction.digest, end, now)
    return first

"""Whether the user must be asked, and what is remembered when they said yes."""

from __future__ import annotations

from ..records import Client, Consent
from ..server import Server
from .request import AuthorizationRequest


def must_ask(server: Server, asked: AuthorizationRequest, client: Client, subject: str) -> bool:
    """Whether the user sees the consent page, or has already allowed all of this."""
    if "consent" in asked.prompt or client.consent == "ask":
        return True
    # RFC 8252 section 8.6: a redirect that any app on the device could claim
    # does not tell who asks, so nothing is allowed unseen.
    if client.public and not asked.redirect_uri.startswith("https:"):
        return True
    if client.consent == "skip":
        return False
    consent = server.consents.get(subject, client.client_id)
    return consent is None or not _covers(consent, asked, server.clock())


def _covers(consent: Consent, asked: AuthorizationRequest, now: int) -> bool:
    return asked.scope <= consent.scope and _is_of_the_same_kind(consent, asked, now)


def _is_of_the_same_kind(consent: Consent, asked: AuthorizationRequest, now: int) -> bool:
    return (
        now < consent.expires_at
        and asked.redirect_uri == consent.redirect_uri
        # A later version writes them: it was allowed for these alone.
        and not consent.resources
    )


def remember_consent(
    server: Server,
    asked: AuthorizationRequest,
    kept: AuthorizationRequest,
    client: Client,
    subject: str,
) -> None:
    """Remember what the user allowed, united with what they allowed before.

    Not united with what was allowed for another redirect URI, which may be
    another party, or for some resources alone, nor with what the user has just
    unticked.

    :param asked: what was shown.
    :param kept: what was allowed of it.
    """
    if client.consent != "remember":
        return
    while True:
        now = server.clock()
        earlier = server.consents.get(subject, client.client_id)
        scope, since = kept.scope, now
        if earlier and _is_of_the_same_kind(earlier, kept, now):
            scope, since = scope | (earlier.scope - asked.scope), earlier.created_at
        consent = Consent(
            subject=subject,
            client_id=client.client_id,
            scope=scope,
            redirect_uri=kept.redirect_uri,
            created_at=since,
            expires_at=now + server.lifetimes.consent,
        )
        # Again if another tab was faster, so that neither's scopes are lost.
        if server.consents.put(consent, earlier.version if earlier else None):
            return

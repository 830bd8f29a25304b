"""Whether the consent page is shown, and what is remembered after the user allowed it."""

from __future__ import annotations

from ..access import Access
from ..envelope import NotUnderstood, check_understood
from ..records import Client, Consent
from ..server import Server
from .request import AuthorizationRequest


def needs_consent(
    server: Server, requested: AuthorizationRequest, client: Client, subject: str
) -> bool:
    """Whether the user sees the consent page, or has already allowed all of this."""
    if "consent" in requested.prompt or client.consent == "ask":
        return True
    # RFC 8252 section 8.6: any app on the device could claim such a redirect URI, so it
    # does not identify the client, and nothing is allowed without the page.
    if client.public and not requested.redirect_uri.startswith("https:"):
        return True
    if client.consent == "skip":
        return False
    consent = server.consents.get(subject, client.client_id)
    return consent is None or not _covers(consent, requested, server.clock())


def _covers(consent: Consent, requested: AuthorizationRequest, now: int) -> bool:
    allowed = Access(consent.scope, consent.resources)
    return allowed.covers(requested.access) and _is_of_the_same_kind(consent, requested, now)


def _is_of_the_same_kind(consent: Consent, requested: AuthorizationRequest, now: int) -> bool:
    return (
        now < consent.expires_at
        and _is_understood(consent)
        and requested.redirect_uri == consent.redirect_uri
        # What was allowed for some resources alone was not allowed for others.
        and set(requested.resources) == set(consent.resources)
    )


def _is_understood(consent: Consent) -> bool:
    # A later version may have limited it by something that this version would ignore.
    try:
        check_understood(consent.data)
    except NotUnderstood:
        return False
    return True


def remember_consent(
    server: Server,
    requested: AuthorizationRequest,
    granted: AuthorizationRequest,
    client: Client,
    subject: str,
) -> None:
    """Remember what the user allowed, together with what they allowed before.

    Not together with what they allowed for another redirect URI, which may be another
    party, or for other resources, nor with what they have just unticked. Details are
    allowed each time. A consent that this version does not understand is replaced: this
    decision is newer, and complete without it.

    :param requested: what the page showed.
    :param granted: what the user allowed of it.
    """
    if client.consent != "remember" or granted.details:
        return
    while True:
        now = server.clock()
        earlier = server.consents.get(subject, client.client_id)
        scope, since, data = granted.scope, now, b""
        if earlier and _is_of_the_same_kind(earlier, granted, now):
            scope, since = scope | (earlier.scope - requested.scope), earlier.created_at
            data = earlier.data
        consent = Consent(
            subject=subject,
            client_id=client.client_id,
            scope=scope,
            redirect_uri=granted.redirect_uri,
            resources=granted.resources,
            created_at=since,
            expires_at=now + server.lifetimes.consent,
            data=data,
        )
        # Again if another tab was faster, so that the scopes of both are stored.
        if server.consents.put(consent, earlier.version if earlier else None):
            return

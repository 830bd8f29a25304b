"""Whether the consent page is shown, and what is remembered after the user allowed it."""

from __future__ import annotations

from functools import partial

from ..access import Access
from ..authorization_server import AuthorizationServer
from ..contention import Contention
from ..envelope import NotUnderstood
from ..kept_values import NOTHING_KEPT
from ..lost_responses import until_known
from ..records import Client, Consent
from .authorization_request import AuthorizationRequest
from .consent_data import ConsentData
from .extensions import covers_extensions, remembered_extensions


def needs_consent(
    server: AuthorizationServer, requested: AuthorizationRequest, client: Client, subject: str
) -> bool:
    """Whether the user sees the consent page, or has already allowed all of this."""
    if "consent" in requested.prompt or client.consent == "ask":
        return True
    # RFC 8628 section 5.4: what is allowed for another device must be seen each time, since
    # someone else may have begun there.
    if requested.redirect_uri is None:
        return True
    # RFC 8252 section 8.6: any app on the device could claim such a redirect URI, so it
    # does not identify the client, and nothing is allowed without the page.
    if client.public and not requested.redirect_uri.startswith("https:"):
        return True
    if client.consent == "skip":
        return False
    consent = server.consents.get(subject, client.client_id)
    return consent is None or not _covers(server, consent, requested)


def _covers(server: AuthorizationServer, consent: Consent, requested: AuthorizationRequest) -> bool:
    allowed = Access(consent.scope, consent.resources)
    data = _data_of_the_same_kind(server, consent, requested)
    return (
        data is not None
        and allowed.covers(requested.access)
        and covers_extensions(server, data.extensions, requested)
    )


def _data_of_the_same_kind(
    server: AuthorizationServer, consent: Consent, requested: AuthorizationRequest
) -> ConsentData | None:
    """What is stored with a consent; None if the consent does not count for such a request."""
    if (
        consent.expires_at <= server.clock()
        or requested.redirect_uri != consent.redirect_uri
        # What was allowed for some resources alone was not allowed for others.
        or set(requested.resources) != set(consent.resources)
    ):
        return None
    try:
        return ConsentData.decode(consent.data, server.understood)
    except NotUnderstood:
        # A later version may have limited it by something that this version would ignore.
        return None


def remember_consent(
    server: AuthorizationServer,
    requested: AuthorizationRequest,
    granted: AuthorizationRequest,
    client: Client,
    subject: str,
) -> None:
    """Remember what the user allowed, together with what they allowed before.

    Not together with what they allowed for another redirect URI, which may be another
    party, or for other resources, or with other values of request extensions, nor with what
    they have just unticked. Details are allowed each time. A consent that this version does
    not understand is replaced: this decision is newer, and complete without it.

    :param requested: what the page showed.
    :param granted: what the user allowed of it.
    """
    redirect_uri = granted.redirect_uri
    if client.consent != "remember" or granted.details or redirect_uri is None:
        return
    contention = Contention("the consent")
    while True:
        now = server.clock()
        earlier = server.consents.get(subject, client.client_id)
        scope, since = granted.scope, now
        if earlier and (same := _mergeable_data(server, earlier, granted)):
            scope, since = scope | (earlier.scope - requested.scope), earlier.created_at
            data = same
        else:
            data = ConsentData(remembered_extensions(server, NOTHING_KEPT, granted))
        consent = Consent(
            subject=subject,
            client_id=client.client_id,
            scope=scope,
            redirect_uri=redirect_uri,
            resources=granted.resources,
            created_at=since,
            expires_at=now + server.lifetimes.consent,
            data=data.encode(),
        )
        # Again if another tab was faster, so that the scopes of both are stored.
        version = earlier.version if earlier else None
        if until_known(partial(server.consents.put, consent, version)):
            return
        contention.lost()


def _mergeable_data(
    server: AuthorizationServer, earlier: Consent, granted: AuthorizationRequest
) -> ConsentData | None:
    """What is stored with a consent; None if the new decision replaces it."""
    data = _data_of_the_same_kind(server, earlier, granted)
    if data is None:
        return None
    # {read, north} and {write, south} together would allow {read, south}, which no page showed.
    now = remembered_extensions(server, data.extensions, granted)
    return data if now == data.extensions else None

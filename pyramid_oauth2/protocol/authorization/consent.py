"""Whether the consent page is shown, and what is remembered after the user allowed it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from ..authorization_server import AuthorizationServer
from ..clients.source import BY_ITSELF, is_a_stranger, source_of
from ..contention import Contention
from ..envelope import NotUnderstood
from ..kept_values import NOTHING_KEPT
from ..lost_responses import until_known
from ..records import Client, Consent
from .authorization_request import AuthorizationRequest
from .consent_data import ConsentData
from .decisions import decided, decided_there, decisions, elsewhere
from .extensions import covers_extensions, remembered_extensions


def allowed_before(
    server: AuthorizationServer, requested: AuthorizationRequest, client: Client, subject: str
) -> AuthorizationRequest | None:
    """The request as it is granted without the consent page; None if the user must see that.

    It lacks the optional scopes that the user has declined before.
    """
    # The page says which account is signed in, and is the way to another one.
    if requested.prompt & {"consent", "select_account"} or _is_asked_each_time(client):
        return None
    # RFC 8628 section 5.4: what is allowed for another device must be seen each time, since
    # someone else may have begun there.
    if requested.redirect_uri is None:
        return None
    # RFC 8252 section 8.6: any app on the device could claim such a redirect URI, so it
    # does not identify the client, and nothing is allowed without the page.
    if client.public and not requested.redirect_uri.startswith("https:"):
        return None
    if client.consent == "skip" and source_of(client) not in BY_ITSELF:
        return requested
    consent = server.consents.get(subject, client.client_id)
    return None if consent is None else _decided(server, consent, requested, client)


def _is_asked_each_time(client: Client) -> bool:
    # Anyone can bring such a client here under any name: a user who has once allowed it has not
    # allowed what the next link to it wants.
    return client.consent == "ask" or is_a_stranger(client)


def _decided(
    server: AuthorizationServer, consent: Consent, requested: AuthorizationRequest, client: Client
) -> AuthorizationRequest | None:
    """What a remembered consent allows of a request; None if it does not decide all of it."""
    data = _data_of_the_same_kind(server, consent, requested, client)
    if data is None:
        return None
    granted = decided(server, decisions(server, consent, data), requested)
    if granted is None or not covers_extensions(server, data.extensions, granted):
        return None
    return granted


def _data_of_the_same_kind(
    server: AuthorizationServer, consent: Consent, requested: AuthorizationRequest, client: Client
) -> ConsentData | None:
    """What is stored with a consent; None if the consent does not count for such a request."""
    if consent.expires_at <= server.clock() or requested.redirect_uri != consent.redirect_uri:
        return None
    try:
        data = ConsentData.decode(consent.data, server.understood)
    except NotUnderstood:
        # A later version may have limited it by something that this version would ignore.
        return None
    # A client that was disabled, or lost all that it had, has to ask again.
    return None if data.epoch < client.epoch else data


def remember_consent(
    server: AuthorizationServer,
    requested: AuthorizationRequest,
    granted: AuthorizationRequest,
    client: Client,
    subject: str,
) -> None:
    """Remember what the user decided, together with what they decided before.

    Not together with what they decided for another redirect URI, which may be another
    party, or with other values of request extensions, nor with what they have just decided
    otherwise. What they decided for other resources stays beside it. Details are allowed each
    time. A consent that this version does not understand is replaced: this decision is newer,
    and complete without it.

    :param requested: what the page showed.
    :param granted: what the user allowed of it.
    """
    redirect_uri = granted.redirect_uri
    if (
        client.consent != "remember"
        or is_a_stranger(client)
        or granted.details
        or redirect_uri is None
    ):
        return
    contention = Contention("the consent")
    while True:
        now = server.clock()
        earlier = server.consents.get(subject, client.client_id)
        scope, since = granted.scope, now
        # Also what was not allowed: the user is not asked about it at each request.
        declined = requested.scope - granted.scope
        if earlier and (data := _mergeable_data(server, earlier, granted, client)):
            since = earlier.created_at
            before = decided_there(server, earlier, data, granted.resources)
            scope |= before.scope - requested.scope
            declined |= before.declined - requested.scope
            data = replace(data, elsewhere=elsewhere(server, earlier, data, granted.resources))
        else:
            data = ConsentData(remembered_extensions(server, NOTHING_KEPT, granted))
        data = replace(data, declined=declined - scope, epoch=client.epoch)
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
    server: AuthorizationServer, earlier: Consent, granted: AuthorizationRequest, client: Client
) -> ConsentData | None:
    """What is stored with a consent; None if the new decision replaces it."""
    data = _data_of_the_same_kind(server, earlier, granted, client)
    if data is None:
        return None
    # {read, north} and {write, south} together would allow {read, south}, which no page showed.
    now = remembered_extensions(server, data.extensions, granted)
    return data if now == data.extensions else None

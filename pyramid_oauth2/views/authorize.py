"""``/oauth2/authorize``: the authorization endpoint (RFC 6749 section 3.1)."""

from __future__ import annotations

import functools
import logging

from pyramid.response import Response

from ..events import ConsentGiven, OAuth2Event, notify
from ..protection.request import Request
from ..protocol.authorization.consent import needs_consent, remember_consent
from ..protocol.authorization.interaction import (
    ForeignInteraction,
    Interaction,
    OpenInteraction,
    begin_interaction,
    open_interaction,
)
from ..protocol.authorization.request import (
    AuthorizationRequest,
    find_destination,
    narrowed,
    read_request,
    still_a_destination,
    still_allowed,
)
from ..protocol.authorization.response import approval, denial, refusal
from ..protocol.errors import ConsentRequired, InvalidRequest, LoginRequired, OAuth2Error
from ..protocol.http import HTTPRequest, Parameters, parse_body, parse_query
from ..protocol.records import Client, StoreUnavailable
from ..protocol.server import refuse_plain_http
from .browser import FIELD, browser_digest, carry_browser, is_from_our_page, renew_browser
from .consent import consent_page
from .http_request import http_request
from .login import (
    interaction_url,
    logged_in_since,
    send_to_login,
    send_to_new_login,
    signed_in_subject,
)
from .pages import error_page, page_endpoint
from .redirects import redirect, send_to_client
from .retries import Outcome, delivered, finish, finished
from .urls import endpoint_url

log = logging.getLogger(__name__)


@page_endpoint("GET", "POST")
def authorize(request: Request) -> Response:
    """Begin a request, continue one after a login, or process the user's decision."""
    outcome = finished(request)
    if outcome is not None:
        carry_browser(request)
        return delivered(request, outcome)
    http = http_request(request, endpoint_url(request.registry, "authorize"))
    refuse_plain_http(request.oauth2.authorization_service.server, http)
    parameters = parse_query(http) if request.method == "GET" else parse_body(http)
    handle = parameters.once("interaction")
    if handle is None:
        return _begin(request, http, parameters)
    if request.method == "GET":
        return _go_on(request, handle)
    return _decide(request, handle, parameters)


def _begin(request: Request, http: HTTPRequest, parameters: Parameters) -> Response:
    server = request.oauth2.authorization_service.server
    destination = find_destination(server, parameters)
    client, subject = destination.client, signed_in_subject(request)
    try:
        requested = read_request(server, destination, parameters)
        page_needed = _is_page_needed(request, client, requested, subject)
    except OAuth2Error as error:
        return send_to_client(request, refusal(server, destination, error))
    if subject is not None and not page_needed:
        return _approve(request, client, requested, subject)
    if subject is None:
        _refuse_too_many(request, http, client)
    # A form that another site posts arrives without our cookie, and must not
    # replace it: the interaction is bound when the browser follows the redirect.
    browser = browser_digest(request) if request.method == "GET" else ""
    bound = None if "login" in requested.prompt else subject
    handle, pending = begin_interaction(server, Interaction(requested, browser, bound))
    # Abandoned interactions have to be purged as well.
    request.oauth2.authorization_service.purger.after_issue()
    if bound is None or not browser:
        response = redirect(interaction_url(request, handle))
    else:
        response = consent_page(request, client, handle, pending)
    return delivered(request, finish(request, Outcome(response)))


def _refuse_too_many(request: Request, http: HTTPRequest, client: Client) -> None:
    """Limit how many requests of users who are not signed in one source can store.

    :raises TemporarilyUnavailable: there were too many from this source (429).
    """
    emit = functools.partial(notify, request.registry, request=request)
    attempt = request.oauth2.authorization_service.server.throttle.interaction(http, emit)
    attempt.refuse_if_blocked()
    attempt.count_or_refuse(client.client_id)


def _is_page_needed(
    request: Request, client: Client, requested: AuthorizationRequest, subject: str | None
) -> bool:
    """Whether the user must log in or give consent.

    :raises LoginRequired: with ``prompt=none``, if the user must log in.
    :raises ConsentRequired: with ``prompt=none``, if the user must give consent.
    """
    server = request.oauth2.authorization_service.server
    new_login = "login" in requested.prompt
    # Checked once: if the consent were revoked between two checks, a request with
    # prompt=none would get a page.
    if (
        subject is not None
        and not new_login
        and not needs_consent(server, requested, client, subject)
    ):
        return False
    # OpenID Connect Core section 3.1.2.1: with prompt=none the server "MUST NOT
    # display any authentication or consent user interface pages".
    if "none" in requested.prompt:
        if subject is None:
            raise LoginRequired("Nobody is signed in.")
        raise ConsentRequired("The user must be asked.")
    return True


def _go_on(request: Request, handle: str) -> Response:
    subject = signed_in_subject(request)
    pending = _open(request, handle, subject, bind=True)
    requested, server = pending.interaction.request, request.oauth2.authorization_service.server
    destination = still_a_destination(server, requested)
    try:
        still_allowed(server, destination.client, requested)
    except OAuth2Error as error:
        return send_to_client(request, refusal(server, destination, error))
    if "login" in requested.prompt and not logged_in_since(request, pending):
        return send_to_new_login(request, handle)
    if subject is None:
        return send_to_login(request, interaction_url(request, handle))
    if not needs_consent(server, requested, destination.client, subject):
        return _approve(request, destination.client, requested, subject, pending)
    return consent_page(request, destination.client, handle, pending)


def _decide(request: Request, handle: str, parameters: Parameters) -> Response:
    """Process the user's decision; the form can only narrow the scope."""
    if not is_from_our_page(request, parameters.once(FIELD)):
        description = "The form does not come from this browser's own page."
        return error_page(request, description, 403, "another_browser")
    subject = signed_in_subject(request)
    pending = _open(request, handle, subject, bind=False)
    requested, server = pending.interaction.request, request.oauth2.authorization_service.server
    # The same checks as before the page: a form can be posted without its page having been shown.
    if subject is None or pending.interaction.subject != subject:
        return redirect(interaction_url(request, handle))
    if "login" in requested.prompt and not logged_in_since(request, pending):
        return redirect(interaction_url(request, handle))
    destination = still_a_destination(server, requested)
    decision = parameters.once("decision")
    if decision == "deny":
        response = send_to_client(request, denial(server, pending))
        return delivered(request, finish(request, Outcome(response)))
    if decision != "allow":
        raise InvalidRequest("The form says neither allow nor deny.")
    try:
        still_allowed(server, destination.client, requested)
    except OAuth2Error as error:
        return send_to_client(request, refusal(server, destination, error))
    granted = narrowed(requested, frozenset(parameters.values.get("scope", ())))
    response = _approve(request, destination.client, granted, subject, pending, consents=True)
    # Only now: of Allow and Deny in two tabs, the one that loses stores no consent.
    _remember(request, destination.client, requested, granted, subject)
    return response


def _remember(
    request: Request,
    client: Client,
    requested: AuthorizationRequest,
    granted: AuthorizationRequest,
    subject: str,
) -> None:
    server = request.oauth2.authorization_service.server
    try:
        remember_consent(server, requested, granted, client, subject)
    except StoreUnavailable as unavailable:
        # The code is already issued; the user is asked again next time.
        log.warning("A consent was not remembered: %s", unavailable)


def _open(request: Request, handle: str, subject: str | None, *, bind: bool) -> OpenInteraction:
    server = request.oauth2.authorization_service.server
    try:
        return open_interaction(server, handle, browser_digest(request), subject, bind=bind)
    except ForeignInteraction as foreign:
        if foreign.another_user:
            renew_browser(request)
        raise


def _approve(
    request: Request,
    client: Client,
    granted: AuthorizationRequest,
    subject: str,
    pending: OpenInteraction | None = None,
    *,
    consents: bool = False,
) -> Response:
    events: list[OAuth2Event] = []
    server = request.oauth2.authorization_service.server
    approved = approval(
        server,
        client,
        subject,
        granted,
        pending,
        events.append,
        prompted=consents,
        authentication=request.oauth2.authorization_service.owners.authentication(request),
    )
    if consents:
        scope, client_id = granted.scope, client.client_id
        events.append(ConsentGiven(client_id=client_id, subject=subject, scope=scope))
    response = send_to_client(request, approved)
    return delivered(request, finish(request, Outcome(response, tuple(events))))

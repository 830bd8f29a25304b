"""The authorization endpoint's decisions, in their order (RFC 6749 sections 4.1.1 and 4.2.1).

:data:`STEPS` is the order. :func:`begin`, :func:`resume` and :func:`decide` share it. They
differ in what they read first: a client's request, a request that is stored, or the user's form
as well. A step returns a result, which ends the way, or None.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ..errors import ConsentRequired, InvalidRequest, LoginRequired, OAuth2Error
from ..events import ConsentGiven, OAuth2Event
from ..http import HTTPRequest, Parameters
from ..server import Server
from .consent import needs_consent, try_to_remember
from .interaction import (
    ForeignInteraction,
    Interaction,
    OpenInteraction,
    UnusableInteraction,
    begin_interaction,
    demand_login,
    open_interaction,
)
from .repetition import Decision, repeated, sealed_for
from .request import (
    AuthorizationRequest,
    Destination,
    find_destination,
    narrowed,
    read_request,
    still_a_destination,
    still_allowed,
)
from .response import SealResponse, approval, denial, refusal
from .results import Again, Ask, Login, Refuse, Respond, Result, User
from .return_query import is_too_long, return_query


@dataclass(frozen=True, slots=True)
class _Progress:
    """One request on its way through the steps.

    :param parameters: what the client sent; None for a request that is stored.
    :param pending: the stored request, whose handle is ``handle``.
    :param form: the user's decision.
    """

    server: Server
    http: HTTPRequest
    user: User
    destination: Destination
    request: AuthorizationRequest
    events: list[OAuth2Event]
    parameters: Parameters | None = field(default=None, repr=False)
    handle: str = field(default="", repr=False)
    pending: OpenInteraction | None = None
    form: Parameters | None = field(default=None, repr=False)


def begin(server: Server, http: HTTPRequest, parameters: Parameters, user: User) -> Result:
    """Process a client's request."""

    def read(events: list[OAuth2Event]) -> _Progress | Result:
        destination = find_destination(server, parameters)
        try:
            request = read_request(server, destination, parameters)
        except OAuth2Error as error:
            return _refused(server, destination, error)
        return _Progress(server, http, user, destination, request, events, parameters)

    return _walk(read)


def resume(server: Server, http: HTTPRequest, handle: str, user: User) -> Result:
    """Process a request that was stored, when its user returns."""
    return _walk(lambda events: _stored(server, http, handle, user, events))


def decide(server: Server, http: HTTPRequest, handle: str, user: User, form: Parameters) -> Result:
    """Process the user's decision; the form can only narrow the scope."""
    result = _walk(lambda events: _stored(server, http, handle, user, events, form))
    if isinstance(result, Refuse) and type(result.error) is UnusableInteraction:
        # Sent again; or of two forms that were sent at once, the one that lost.
        return _decided_before(server, handle, user, form) or result
    return result


def _decided_before(server: Server, handle: str, user: User, form: Parameters) -> Result | None:
    answer, subject = form.if_once("decision"), user.subject
    if answer not in ("allow", "deny") or subject is None:
        return None
    try:
        response = repeated(server, handle, user.secret(), subject, answer, _ticked(form))
    except (OAuth2Error, UnusableInteraction) as error:
        return Refuse(error)
    return Respond(response) if response else None


def _stored(
    server: Server,
    http: HTTPRequest,
    handle: str,
    user: User,
    events: list[OAuth2Event],
    form: Parameters | None = None,
) -> _Progress:
    bind = form is None
    pending = open_interaction(server, handle, user.browser(), user.subject, bind=bind)
    if user.earlier and not pending.interaction.new_browser:
        # A page that began with a cookie is valid with that cookie only: a new one is
        # set when another user has signed in.
        raise ForeignInteraction("This page belongs to another browser.", another_user=False)
    request = pending.interaction.request
    destination = still_a_destination(server, request)
    return _Progress(
        server, http, user, destination, request, events, handle=handle, pending=pending, form=form
    )


def _walk(read: Callable[[list[OAuth2Event]], _Progress | Result]) -> Result:
    events: list[OAuth2Event] = []
    try:
        progress = read(events)
        if not isinstance(progress, _Progress):
            return progress
        for step in STEPS:
            if (result := step(progress)) is not None:
                return result
    except (OAuth2Error, UnusableInteraction) as error:
        return Refuse(error, tuple(events))
    raise AssertionError("the last step always has a result")


def _is_sent_by_get(at: _Progress) -> Result | None:
    # A form that another site posts has no cookie, neither ours nor the login's, and
    # must not replace one. So nothing is decided on it.
    if at.parameters is None or at.http.method == "GET":
        return None
    return _again(at)


def _is_still_allowed(at: _Progress) -> Result | None:
    if at.pending is None or _decision(at) == "deny":
        return None
    try:
        still_allowed(at.server, at.destination.client, at.request)
    except OAuth2Error as error:
        return _refused(at.server, at.destination, error)
    return None


def _has_new_login(at: _Progress) -> Result | None:
    # OpenID Connect Core section 3.1.2.1: with prompt=login the server "SHOULD prompt the
    # End-User for reauthentication".
    if "login" not in at.request.prompt:
        return None
    if at.pending is None:
        return _store(at)
    if _has_logged_in_since(at, at.pending.interaction.login_demanded_at):
        return None
    if at.form is not None:
        return _again(at)
    demand_login(at.server, at.handle)
    return Login(return_query(None, at.handle), end=True)


def _has_logged_in_since(at: _Progress, demanded_at: int | None) -> bool:
    if demanded_at is None or at.user.login_ended:
        return False
    # Without a time, the proof is that the user is signed in after the login was ended.
    authentication = at.user.authentication()
    auth_time = authentication.auth_time if authentication else None
    return auth_time is None or auth_time >= demanded_at


def _is_signed_in(at: _Progress) -> Result | None:
    subject = at.user.subject
    if at.form is not None and at.pending is not None:
        # As before the page was shown: a form can be posted without its page.
        foreign = subject is None or at.pending.interaction.subject != subject
        return _again(at) if foreign else None
    if subject is not None:
        return None
    # OpenID Connect Core section 3.1.2.1: with prompt=none the server "MUST NOT
    # display any authentication or consent user interface pages".
    if "none" in at.request.prompt:
        return _refused(at.server, at.destination, LoginRequired("Nobody is signed in."))
    query = return_query(at.parameters, at.handle)
    return _store(at) if is_too_long(query) else Login(query)


def _is_denied(at: _Progress) -> Result | None:
    if _decision(at) != "deny" or at.pending is None:
        return None
    return Respond(denial(at.server, at.pending, _seal(at, "deny")))


def _is_approved(at: _Progress) -> Result | None:
    """Respond if the user allows it by the form, or has allowed it before."""
    server, client, subject = at.server, at.destination.client, at.user.subject
    assert subject is not None  # An earlier step sends a user who is not signed in to the login.
    granted = at.request
    if at.form is not None:
        if _decision(at) != "allow":
            raise InvalidRequest("The form says neither allow nor deny.")
        granted = narrowed(at.request, _ticked(at.form))
    elif needs_consent(server, at.request, client, subject):
        return None
    response = approval(
        server,
        client,
        subject,
        granted,
        at.pending,
        at.events.append,
        prompted=at.form is not None,
        authentication=at.user.authentication(),
        seal=_seal(at, "allow", granted.scope),
    )
    if at.form is not None:
        scope, client_id = granted.scope, client.client_id
        at.events.append(ConsentGiven(client_id=client_id, subject=subject, scope=scope))
        # Only now: of Allow and Deny in two tabs, the one that loses stores no consent.
        try_to_remember(server, at.request, granted, client, subject)
    return Respond(response, tuple(at.events))


def _seal(at: _Progress, answer: str, scope: frozenset[str] = frozenset()) -> SealResponse | None:
    if at.form is None or at.pending is None:
        return None
    decision = Decision(at.handle, at.user.secret(), answer, scope)
    return sealed_for(at.server, decision, at.pending.token)


def _is_asked(at: _Progress) -> Result:
    client = at.destination.client
    if "none" in at.request.prompt:
        return _refused(at.server, at.destination, ConsentRequired("The user must be asked."))
    if at.pending is not None:
        return Ask(client, at.handle, at.pending)
    interaction = Interaction(
        at.request, at.user.browser(), at.user.subject, new_browser=at.user.new
    )
    handle, pending = begin_interaction(at.server, interaction)
    return Ask(client, handle, pending, changed=True)


STEPS: tuple[Callable[[_Progress], Result | None], ...] = (
    _is_sent_by_get,
    _is_still_allowed,
    _has_new_login,
    _is_signed_in,
    _is_denied,
    _is_approved,
    _is_asked,
)


def _decision(at: _Progress) -> str | None:
    return at.form.once("decision") if at.form is not None else None


def _ticked(form: Parameters) -> frozenset[str]:
    return frozenset(form.values.get("scope", ()))


def _refused(server: Server, destination: Destination, error: OAuth2Error) -> Respond:
    return Respond(refusal(server, destination, error), changed=False)


def _again(at: _Progress) -> Again:
    query = return_query(at.parameters, at.handle)
    return _store(at) if is_too_long(query) else Again(query)


def _store(at: _Progress) -> Again:
    """Store the request, limited by address: anyone can send it.

    :raises TemporarilyUnavailable: there were too many from this address (429).
    """
    if at.user.subject is None:
        attempt = at.server.throttle.interaction(at.http, at.events.append)
        attempt.refuse_if_blocked()
        attempt.count_or_refuse(at.destination.client.client_id)
    browser = at.user.browser() if at.http.method == "GET" else ""
    handle, _ = begin_interaction(at.server, Interaction(at.request, browser))
    return Again(return_query(None, handle), changed=True)

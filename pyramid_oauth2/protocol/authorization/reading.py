"""What is read before the first step: a client's request, or one that is stored."""

from __future__ import annotations

from ..authorization_server import AuthorizationServer
from ..errors import InvalidRequest, OAuth2Error
from ..events import OAuth2Event
from ..http import HTTPRequest, Parameters
from . import checks
from .client_lookup import Count
from .clients import needs_resolver
from .detour import check_cookie
from .interaction import is_taken, open_interaction
from .login_mark import LoginMark, Session, mark_for, read_mark
from .login_parameters import read_hints
from .new_login import has_logged_in, is_login_enough
from .progress import AUTHORIZE, Progress
from .pushed_request import open_pushed_request
from .request import find_destination, read_request, still_a_destination
from .results import Again, Login, Result, error_to_client
from .return_query import MARK, is_too_long, return_query
from .source import StoredRequest
from .unpacking import named_only, unpacked
from .unusable import ForeignInteraction
from .user import User


def read_sent(
    server: AuthorizationServer,
    http: HTTPRequest,
    parameters: Parameters,
    user: User,
    events: list[OAuth2Event],
) -> Progress | Result:
    """Read a client's request, which comes by its parameters or by another way.

    :raises OAuth2Error: it cannot be read; to be shown on a page.
    """
    if user.subject is None and needs_resolver(server, parameters):
        return _login_first(server, http, parameters, user)
    count = _counting(server, http, user, events)
    try:
        requested = unpacked(server, parameters, count)
    except OAuth2Error as error:
        return _unreadable(server, parameters, error, user, count)
    if isinstance(requested, StoredRequest):
        if http.method != "GET":
            # As in _send_on_by_get: a form of another site must not bind a browser.
            return Again(return_query(named_only(server, parameters), ""))
        client_id = parameters.once("client_id")
        open_pushed_request(server, requested.handle, client_id, user)
        return read_stored(server, http, requested.handle, user, events)
    destination = find_destination(server, requested, count)
    try:
        request = read_request(server, destination, requested)
    except OAuth2Error as error:
        return error_to_client(server, destination, error, user)
    sent = read_mark(server, user, return_query(parameters, ""), parameters.if_once(MARK))
    mark = _unless_taken(server, sent, user)
    used = sent if mark is None else None
    return Progress(
        server, http, user, destination, request, events, parameters, mark=mark, used=used
    )


def _login_first(
    server: AuthorizationServer, http: HTTPRequest, parameters: Parameters, user: User
) -> Result:
    # What a stranger names is not looked up for a stranger.
    prompt = (parameters.if_once("prompt") or "").split(" ")
    if "none" in prompt:
        raise checks.login_required()
    query = return_query(parameters, "")
    if http.method == "GET":
        # A form of another site has no cookie of ours, and must not replace one.
        query = _marked(server, parameters, user, query, "login" in prompt)
    if is_too_long(query):
        raise InvalidRequest(
            "The request is too long for a client that is not registered.",
            refusal=checks.REQUEST_LENGTH,
        )
    if http.method != "GET":
        return Again(query)
    return Login(query, hints=read_hints(parameters) or {})


def _marked(
    server: AuthorizationServer, parameters: Parameters, user: User, query: str, demanded: bool
) -> str:
    present = _mark_of(server, parameters, user)
    if demanded:
        check_cookie(user, parameters)
    elif present is None:
        return query
    # With a mark it was demanded before: by a request object, which is not read here.
    return mark_for(server, user, query, Session.NONE, present).on(query)


def _counting(
    server: AuthorizationServer, http: HTTPRequest, user: User, events: list[OAuth2Event]
) -> Count | None:
    """What limits look-ups of clients; None where none is made: no user is signed in."""
    if user.subject is None or not server.plug_ins.client_resolvers:
        return None
    attempt = server.throttle.fetch(http, user.subject, events.append)

    def count() -> None:
        attempt.refuse_if_blocked()
        attempt.count_or_refuse(None)

    return count


def _unreadable(
    server: AuthorizationServer,
    parameters: Parameters,
    error: OAuth2Error,
    user: User,
    count: Count | None,
) -> Result:
    try:
        destination = find_destination(server, parameters, count)
    except OAuth2Error as other:
        # The redirect URI is in what cannot be read.
        error.client = other.client
        raise error from None
    return error_to_client(server, destination, error, user)


def read_stored(
    server: AuthorizationServer,
    http: HTTPRequest,
    handle: str,
    user: User,
    events: list[OAuth2Event],
    form: Parameters | None = None,
    mark: str | None = None,
    endpoint: str = AUTHORIZE,
) -> Progress:
    """Read a request that was stored.

    :param form: the user's decision on it.
    :param mark: of a new login, with which the user returns.
    :raises UnusableInteraction: it cannot be used, or not by this browser and user.
    :raises OAuth2Error: the client may not have the response any more.
    """
    found = read_mark(server, user, return_query(None, handle), mark)
    pending = open_interaction(
        server,
        handle,
        user.browser(),
        user.subject,
        new=user.new,
        bind=form is None,
        new_login_since=found.demanded_at if found and has_logged_in(user, found) else None,
        is_login_enough=lambda asked, at: is_login_enough(asked, user, at),
    )
    if user.earlier and not pending.interaction.new_browser:
        # A page that began with a cookie is valid with that cookie only: a new one is
        # set when another user has signed in.
        raise ForeignInteraction("This page belongs to another browser.", another_user=False)
    request = pending.interaction.request
    return Progress(
        server,
        http,
        user,
        still_a_destination(server, request),
        request,
        events,
        handle=handle,
        pending=pending,
        form=form,
        mark=found,
        endpoint=endpoint,
    )


def _mark_of(server: AuthorizationServer, parameters: Parameters, user: User) -> LoginMark | None:
    mark = read_mark(server, user, return_query(parameters, ""), parameters.if_once(MARK))
    return _unless_taken(server, mark, user)


def _unless_taken(
    server: AuthorizationServer, mark: LoginMark | None, user: User
) -> LoginMark | None:
    # One that is used, or another user's, is as good as none.
    if mark is None or is_taken(server, mark.handle(user.secret()), user.subject):
        return None
    return mark

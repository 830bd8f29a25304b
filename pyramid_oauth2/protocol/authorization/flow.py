"""The steps of an authorization request, in their order (RFC 6749 sections 4.1.1 and 4.2.1).

:data:`STEPS` is the order, which :func:`begin`, :func:`resume` and :func:`decide` share. They
differ in what they read first. The first step that returns a result decides.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ..authorization_server import AuthorizationServer
from ..errors import ConsentRequired, InvalidRequest, OAuth2Error
from ..events import OAuth2Event
from ..http import HTTPRequest, Parameters
from ..records import Client, DuplicateRecord, StoreUnavailable
from . import checks
from .clients import store_resolved
from .conclusion import conclude
from .consent import allowed_before
from .detour import again, begun, to_login
from .login_demand import require_new_login
from .progress import AUTHORIZE, Progress
from .reading import read_sent, read_stored
from .repetition import SILENT, Decision, repeated, sealed_for
from .request import narrowed, still_allowed
from .required_account import require_account
from .response import USED, AuthorizationResponse, SealResponse, approval, denial
from .results import Ask, Done, Refuse, Respond, Result, refuse, refused
from .session import joined
from .unusable import UnusableInteraction, UsedInteraction
from .user import User
from .way_back import way_back

Answer = tuple[str, frozenset[str]]  # and the optional scopes that the form has
SILENTLY: Answer = (SILENT, frozenset())


def begin(
    server: AuthorizationServer, http: HTTPRequest, parameters: Parameters, user: User
) -> Result:
    """Process a client's request."""
    return _walk(server, user, lambda events: read_sent(server, http, parameters, user, events))


def resume(
    server: AuthorizationServer,
    http: HTTPRequest,
    handle: str,
    user: User,
    mark: str | None = None,
    endpoint: str = AUTHORIZE,
) -> Result:
    """Process a request that was stored, when its user returns.

    :param mark: of a new login, with which they return.
    :param endpoint: at which this is, and to which the browser comes again.
    """
    result = _walk(
        server,
        user,
        lambda events: read_stored(
            server, http, handle, user, events, mark=mark, endpoint=endpoint
        ),
    )
    return _unless_repeated(result, server, handle, user, SILENTLY)


def decide(
    server: AuthorizationServer,
    http: HTTPRequest,
    handle: str,
    user: User,
    form: Parameters,
    endpoint: str = AUTHORIZE,
) -> Result:
    """Process the user's decision; the form can only narrow the scope.

    :param endpoint: as for :func:`resume`.
    """
    result = _walk(
        server,
        user,
        lambda events: read_stored(server, http, handle, user, events, form, endpoint=endpoint),
    )
    answer = form.if_once("decision")
    if answer not in ("allow", "deny"):
        return result
    return _unless_repeated(result, server, handle, user, (answer, form.every("scope")))


def _unless_repeated(
    result: Result, server: AuthorizationServer, handle: str, user: User, answer: Answer
) -> Result:
    if isinstance(result, Refuse) and isinstance(result.error, UsedInteraction):
        # Sent again; or of two requests that were sent at once, the one that lost.
        return _decided_before(server, handle, user, answer) or result
    return result


def _decided_before(
    server: AuthorizationServer, handle: str, user: User, answer: Answer
) -> Result | None:
    subject = user.subject
    if subject is None:
        return None
    events: list[OAuth2Event] = []
    try:
        found = repeated(server, handle, user.secret(), subject, *answer, events.append)
    except OAuth2Error as error:
        return refuse(error, events)
    except (UnusableInteraction, StoreUnavailable) as error:
        return Refuse(error, tuple(events))
    if found is None:
        return None
    client, response = found
    return _decided(client, answer[0], response, events)


def _walk(
    server: AuthorizationServer,
    user: User,
    read: Callable[[list[OAuth2Event]], Progress | Result],
) -> Result:
    events: list[OAuth2Event] = []
    client: Client | None = None
    progress: Progress | Result | None = None
    try:
        progress = read(events)
        if not isinstance(progress, Progress):
            return progress
        client = progress.destination.client
        for step in STEPS:
            if (result := step(progress)) is not None:
                return result
    except OAuth2Error as error:
        return refuse(error, events, client)
    except UnusableInteraction as error:
        instead = _instead(progress, error) if isinstance(progress, Progress) else None
        # With the events: what they report has happened.
        return instead or Refuse(error, tuple(events), way_back(server, user, error))
    except StoreUnavailable as error:
        return Refuse(error, tuple(events))
    except DuplicateRecord:
        # The grant of a mark's interaction, which is gone: a store's clock is ahead of ours.
        return Refuse(UsedInteraction(USED), tuple(events))
    raise AssertionError("the last step always has a result")


def _instead(progress: Progress, error: UnusableInteraction) -> Result | None:
    """What responds in place of a page that says why none can be used; None if the page does."""
    if isinstance(error, UsedInteraction):
        # Of two returns that were sent at once, the one that lost.
        return _repeat(replace(progress, used=progress.mark))
    if "none" in progress.request.prompt and (silent := checks.without_page(error)) is not None:
        return refused(progress, silent)
    return None


def _send_on_by_get(progress: Progress) -> Result | None:
    # A form that another site posts has no cookie, neither ours nor the login's, and
    # must not replace one. So nothing is decided on it.
    if progress.parameters is None or progress.http.method == "GET":
        return None
    return again(progress)


def _repeat(progress: Progress) -> Result | None:
    # Before a new login is required: the mark that proved it gave a response a moment ago.
    if progress.used is None:
        return None
    handle = progress.used.handle(progress.user.secret()).value
    return _decided_before(progress.server, handle, progress.user, SILENTLY)


def _check_client(progress: Progress) -> Result | None:
    if progress.pending is None or progress.decision == "deny":
        return None
    try:
        still_allowed(progress.server, progress.destination.client, progress.request)
    except OAuth2Error as error:
        return refused(progress, error)
    return None


def _require_login(progress: Progress) -> Result | None:
    subject = progress.user.subject
    if progress.form is not None and progress.pending is not None:
        # As before the page was shown: a form can be posted without its page.
        foreign = subject is None or progress.pending.interaction.subject != subject
        return again(progress) if foreign else None
    if subject is not None:
        return None
    # OpenID Connect Core section 3.1.2.1: with prompt=none the server "MUST NOT
    # display any authentication or consent user interface pages".
    if "none" in progress.request.prompt:
        return refused(progress, checks.login_required())
    return to_login(progress)


def _deny(progress: Progress) -> Result | None:
    if progress.decision != "deny" or progress.pending is None:
        return None
    response = denial(progress.server, progress.pending, _seal(progress, progress.handle, "deny"))
    return _decided(progress.destination.client, "deny", response, progress.events)


def _approve(progress: Progress) -> Result | None:
    """Respond if the user allows it by the form, or has allowed it before."""
    server, client, subject = progress.server, progress.destination.client, progress.user.subject
    assert subject is not None  # An earlier step sends a user who is not signed in to the login.
    handle, pending = progress.handle, progress.pending
    if progress.form is not None:
        if progress.decision != "allow":
            raise InvalidRequest("The form says neither allow nor deny.", refusal=checks.DECISION)
        granted = narrowed(progress.request, progress.form.every("scope"))
    else:
        allowed = allowed_before(server, progress.request, client, subject)
        if allowed is None:
            return None
        granted = allowed
        if pending is None and progress.mark is not None:
            handle, pending = begun(progress)
    store_resolved(server, client, progress.events.append)
    response = approval(
        server,
        client,
        subject,
        granted,
        pending,
        progress.events.append,
        prompted=progress.form is not None,
        authentication=joined(progress, client, subject, granted),
        seal=_seal(progress, handle, SILENT if progress.form is None else "allow", granted.scope),
    )
    if progress.form is not None and progress.pending is not None:
        # Only now: of Allow and Deny in two tabs, the one that loses stores no consent.
        conclude(
            server,
            client,
            subject,
            progress.request,
            granted,
            progress.pending.token,
            progress.events.append,
        )
    return _decided(client, "allow", response, progress.events)


def _decided(
    client: Client, decision: str, response: AuthorizationResponse, events: list[OAuth2Event]
) -> Result:
    if response.redirect_uri is None:
        return Done(client, decision, tuple(events))
    return Respond(response, tuple(events), changed=True)


def _seal(
    progress: Progress, handle: str, answer: str, scope: frozenset[str] = frozenset()
) -> SealResponse | None:
    if not handle:
        return None
    decision = Decision(handle, progress.user.secret(), answer, scope)
    return sealed_for(progress.server, decision)


def _ask(progress: Progress) -> Result:
    client = progress.destination.client
    if "none" in progress.request.prompt:
        return refused(progress, ConsentRequired("The user must be asked.", refusal=checks.CONSENT))
    if progress.pending is not None:
        return Ask(client, progress.handle, progress.pending, endpoint=progress.endpoint)
    handle, pending = begun(progress)
    return Ask(client, handle, pending, changed=True, endpoint=progress.endpoint)


STEPS: tuple[Callable[[Progress], Result | None], ...] = (
    _send_on_by_get,
    _repeat,
    _check_client,
    require_new_login,
    _require_login,
    _deny,
    require_account,
    _approve,
    _ask,
)

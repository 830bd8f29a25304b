"""What becomes of a request to sign a user out (OpenID Connect RP-Initiated Logout 1.0).

:data:`STEPS` is the order. The first step that returns a result decides.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from ..interfaces.server import IServer
from ..jose.refused import JWTRefused
from ..protocol.clients.extra import value_of
from ..protocol.clients.source import is_unchecked
from ..protocol.http import Parameters
from ..protocol.records import Client
from ..protocol.redirect_uris import redirect_url
from ..protocol.session import Session
from .hint import Hint, read_hint
from .logout_fields import POST_LOGOUT_REDIRECT_URIS

HINT = "id_token_hint"
CLIENT_ID = "client_id"
REDIRECT_URI = "post_logout_redirect_uri"
STATE = "state"
UI_LOCALES = "ui_locales"
# Section 2 leaves to us what "logout_hint" means: nothing, so it is not in a URL of ours either.
# Anyone can write it, and one user at most is signed in at a browser, whom the page names.
PARAMETERS = (HINT, CLIENT_ID, REDIRECT_URI, STATE, UI_LOCALES)


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a client wants a user who has signed out."""

    client: Client
    uri: str
    state: str | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        """With the state."""
        if self.state is None:
            return self.uri
        return redirect_url(self.uri, {STATE: self.state}, "query")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the parameters say, as far as it validates (section 4).

    :param client: that asks; None if it is not known.
    :param hint: what its ID token says; None without one of ours.
    :param destination: where it may send the user; None: nowhere.
    """

    client: Client | None = None
    hint: Hint | None = None
    destination: Destination | None = None


@dataclass(frozen=True, slots=True)
class LogoutRequest:
    """A request at the end session endpoint, and the browser that sends it.

    :param without_cookies: whether it was posted without our cookies, as by another site.
    :param subject: the user who is signed in there; None if no user is.
    :param current: returns the session of that user there; None if there is none.
    :param of_browser: returns the session of a hint if this browser was in it last.
    :param just_ended: whether this browser has signed out of the session of a ``sid`` just now.
    :param confirmed: whether that user has confirmed it on a page of ours.
    :param confirmed_sid: of the session that the page was about, beside that of the browser.
    :param has_ended: whether a redirect URI is the one for which a login has just ended here.
    """

    server: IServer
    asked: Asked
    without_cookies: bool
    subject: str | None
    current: Callable[[], Session | None]
    of_browser: Callable[[Hint], Session | None]
    just_ended: Callable[[str], bool]
    confirmed: bool
    confirmed_sid: str | None
    has_ended: Callable[[str], bool]


def read_asked(server: IServer, parameters: Parameters) -> Asked:
    """What the parameters say.

    :raises InvalidRequest: one is sent twice.
    :raises StoreUnavailable: the keys are not known now.
    """
    parameters.only(PARAMETERS).refuse_repeated()
    value, named = parameters.once(HINT), parameters.once(CLIENT_ID)
    try:
        hint = None if value is None else read_hint(server, value)
    except JWTRefused:
        # Section 4: what depends on it is not used. So no client is known.
        return Asked()
    if hint is not None and named not in (None, hint.client_id):
        return Asked()
    client_id = named if hint is None else hint.client_id
    client = None if client_id is None else server.client(client_id)
    if client is None:
        return Asked()
    return Asked(client, hint, _destination(client, parameters))


def _destination(client: Client, parameters: Parameters) -> Destination | None:
    # Section 3: exactly as it is registered.
    uri = parameters.once(REDIRECT_URI)
    if uri is None or uri not in value_of(POST_LOGOUT_REDIRECT_URIS, client):
        return None
    return Destination(client, uri, parameters.once(STATE))


@dataclass(frozen=True, slots=True)
class ByGet:
    """Redirect to the same request by GET, as which it has cookies.

    :param client: that asks; None if it is not known.
    """

    client: Client | None


@dataclass(frozen=True, slots=True)
class Confirm:
    """Ask the user on a page.

    :param client: that asks; None if it is not known.
    :param sid: of the session that it asks to end, if that is one of this user; the page has it
        end together with that of the browser.
    """

    client: Client | None
    destination: Destination | None
    sid: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class End:
    """End a session, and the login of this browser, and go on.

    :param session: None: that of the browser, if there is one.
    :param destination: None: a page says that the user is signed out.
    :param sid: of one more session of the signed-in user.
    """

    session: Session | None
    destination: Destination | None
    sid: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Return:
    """No user is signed in: send the browser back to the client."""

    destination: Destination


@dataclass(frozen=True, slots=True)
class SignedOut:
    """No user is signed in: say so on a page.

    :param destination: the page links to it.
    """

    destination: Destination | None


Result: TypeAlias = ByGet | Confirm | End | Return | SignedOut


def logout(request: LogoutRequest) -> Result:
    """What to do with a request.

    :raises StoreUnavailable: the store cannot be read now.
    """
    for step in STEPS:
        if (result := step(request)) is not None:
            return result
    raise AssertionError("the last step always has a result")


def _send_on_by_get(request: LogoutRequest) -> Result | None:
    # Section 2: the endpoint supports POST. The form of another site has no cookie (SameSite).
    return ByGet(request.asked.client) if request.without_cookies else None


def _go_back(request: LogoutRequest) -> Result | None:
    """Without a user, to the client: if its hint is ours, or if the login has just ended here."""
    destination = request.asked.destination
    if request.subject is not None or destination is None:
        return None
    if request.has_ended(destination.uri):
        return Return(destination)
    checked = _checked(destination)
    return Return(checked) if checked is not None and request.asked.hint is not None else None


def _checked(destination: Destination | None) -> Destination | None:
    """Where any link may lead; None for what a stranger has registered.

    RFC 9700 section 4.11.2: a link to this server, which people trust, must not lead on to a site
    that no operator has checked, also not after a page. Section 3: without a valid hint the
    server has to know in another way that the client is a legitimate one.
    """
    stranger = destination is not None and is_unchecked(destination.client)
    return None if stranger else destination


def _say_so(request: LogoutRequest) -> Result | None:
    return SignedOut(_checked(request.asked.destination)) if request.subject is None else None


def _end_what_is_left(request: LogoutRequest) -> Result | None:
    """End the session of the hint that this browser has begun, whose login has ended by itself."""
    hint, client = request.asked.hint, request.asked.client
    if request.subject is not None or hint is None or client is None:
        return None
    session = request.of_browser(hint)
    if session is None or not hint.is_about(request.server, client, session.subject):
        return None
    return End(session, request.asked.destination)


def _end_its_own(request: LogoutRequest) -> Result | None:
    """End the login at once if the client has an ID token of this very session.

    Only it can have one: no link on another site signs a user out.
    """
    hint, client, subject = request.asked.hint, request.asked.client, request.subject
    if hint is None or client is None or subject is None or hint.sid is None:
        return None
    session = request.current()
    # After a double click, the first of two requests has ended it.
    its_own = request.just_ended(hint.sid) if session is None else hint.sid == session.sid
    if not its_own or not hint.is_about(request.server, client, subject):
        return None
    return End(session, request.asked.destination)


def _end_as_confirmed(request: LogoutRequest) -> Result | None:
    if not request.confirmed:
        return None
    # Its session is looked up as it ends: without the store the login ends all the same.
    return End(None, _checked(request.asked.destination), request.confirmed_sid)


def _ask(request: LogoutRequest) -> Result:
    """Ask the user, also about the session of the hint if this browser does not have it.

    The client was signed in by that session: once the user has confirmed, it has to end.
    """
    hint, client, subject = request.asked.hint, request.asked.client, request.subject
    sid, destination = None, _checked(request.asked.destination)
    if hint is not None and client is not None and subject is not None:
        sid = hint.sid if hint.is_about(request.server, client, subject) else None
    return Confirm(client, destination, sid)


STEPS: tuple[Callable[[LogoutRequest], Result | None], ...] = (
    _send_on_by_get,
    _end_what_is_left,
    _go_back,
    _say_so,
    _end_its_own,
    _end_as_confirmed,
    _ask,
)

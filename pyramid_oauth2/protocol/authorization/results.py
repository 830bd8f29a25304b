"""What the authorization endpoint does next: each result becomes one HTTP response."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from ..authorization_server import AuthorizationServer
from ..clients.source import is_unchecked
from ..errors import LoginRequired, OAuth2Error
from ..events import AuthorizationRefused, OAuth2Event
from ..records import Client, StoreUnavailable
from ..refusal import Refusal
from .interaction import OpenInteraction
from .progress import AUTHORIZE, Progress
from .request import Destination
from .response import AuthorizationResponse, refusal
from .unusable import UnusableInteraction
from .user import User
from .way_back import WayBack, website


@dataclass(frozen=True, slots=True)
class Respond:
    """Send a response to the client.

    :param changed: whether the store was changed for it, so that it must not be computed twice.
    :param refusal: why it is an error, for the operator.
    :param by_link: whether the user sends it, by a link on a page, instead of a redirect.
    """

    response: AuthorizationResponse
    events: tuple[OAuth2Event, ...] = ()
    changed: bool = False
    refusal: Refusal | None = None
    by_link: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """Show the user that the decision was taken; no response is sent to the client.

    :param decision: ``allow`` or ``deny``.
    """

    client: Client
    decision: str
    events: tuple[OAuth2Event, ...] = ()
    changed: bool = True


@dataclass(frozen=True, slots=True)
class Login:
    """Send the user to the login; it returns them to the URL of *endpoint* with *query*.

    :param hints: what else the login page gets, by the names of the parameters.
    """

    query: str = field(repr=False)
    endpoint: str = AUTHORIZE
    hints: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class LoginAgain:
    """Show the page with the button that ends the present login.

    Its form is sent to the URL of *endpoint* with *query*.
    """

    client: Client
    query: str = field(repr=False)
    endpoint: str = AUTHORIZE


@dataclass(frozen=True, slots=True)
class Again:
    """Redirect the browser to the URL of *endpoint* with *query*, for a request with its cookies.

    :param changed: whether the request was stored for it.
    :param end: whether the redirect ends the present login.
    """

    query: str = field(repr=False)
    changed: bool = False
    end: bool = False
    endpoint: str = AUTHORIZE


@dataclass(frozen=True, slots=True)
class Ask:
    """Show the consent page, whose form is sent to *endpoint*.

    :param changed: whether the request was stored for it.
    """

    client: Client
    handle: str = field(repr=False)
    pending: OpenInteraction
    changed: bool = False
    endpoint: str = AUTHORIZE


@dataclass(frozen=True, slots=True)
class AnotherAccount:
    """Show the page on which the user changes the account, or goes back to the client.

    :param changed: whether the request was stored for it.
    """

    client: Client
    handle: str = field(repr=False)
    pending: OpenInteraction
    changed: bool = False
    endpoint: str = AUTHORIZE


@dataclass(frozen=True, slots=True)
class Refuse:
    """Show the error to the user, since it cannot be sent to the client.

    :param way_back: where the user can go from the page.
    """

    error: OAuth2Error | UnusableInteraction | StoreUnavailable
    events: tuple[OAuth2Event, ...] = ()
    way_back: WayBack | None = None


Result: TypeAlias = Respond | Done | Login | LoginAgain | Again | Ask | AnotherAccount | Refuse


def refused(progress: Progress, error: OAuth2Error) -> Respond | Refuse:
    """Send an error to the client, or show it if no response is sent to the client."""
    if progress.destination.redirect_uri is None:
        return refuse(error, progress.events, progress.destination.client)
    server, destination, user = progress.server, progress.destination, progress.user
    return error_to_client(server, destination, error, user, tuple(progress.events))


def error_to_client(
    server: AuthorizationServer,
    destination: Destination,
    error: OAuth2Error,
    user: User,
    events: tuple[OAuth2Event, ...] = (),
) -> Respond:
    """Send an error to the client, with the reason for the operator."""
    response, client = refusal(server, destination, error), destination.client
    event = refused_event(error, client)
    by_link = not _redirects(client, error, user)
    return Respond(response, (*events, event), refusal=error.refusal, by_link=by_link)


def _redirects(client: Client, error: OAuth2Error, user: User) -> bool:
    # RFC 9700 section 4.11.2: else a link to this server, which people trust, leads anyone at
    # once to a site that a stranger has registered. Silent authentication is excepted there.
    if user.subject is not None or isinstance(error, LoginRequired):
        return True
    return not is_unchecked(client)


def refuse(
    error: OAuth2Error, events: Iterable[OAuth2Event] = (), client: Client | None = None
) -> Refuse:
    """Show an error to the user.

    :param client: that the request names, if it is not in the error.
    """
    client = client or error.client
    # That there were too many attempts is an event of its own, once for each window.
    if client is None or error.status == 429:
        return Refuse(error, tuple(events))
    return Refuse(error, (*events, refused_event(error, client)), website(client))


def refused_event(error: OAuth2Error, client: Client) -> AuthorizationRefused:
    """The event of an authorization request that is refused."""
    return AuthorizationRefused(client_id=client.client_id, error=error.code, refusal=error.refusal)

"""What the authorization endpoint does next: each result becomes one HTTP response."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from ..errors import OAuth2Error
from ..events import OAuth2Event
from ..records import Client, StoreUnavailable
from .interaction import OpenInteraction, UnusableInteraction
from .response import AuthorizationResponse


@dataclass(frozen=True, slots=True)
class Respond:
    """Send a response to the client.

    :param changed: whether the store was changed for it, so that it must not be computed twice.
    """

    response: AuthorizationResponse
    events: tuple[OAuth2Event, ...] = ()
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Login:
    """Send the user to the login; it returns them to our URL with *query*."""

    query: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class LoginAgain:
    """Show the page with the button that ends the present login, at our URL with *query*."""

    client: Client
    query: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Again:
    """Redirect the browser to our URL with *query*, for a request that has its cookies.

    :param changed: whether the request was stored for it.
    :param end: whether the redirect ends the present login.
    """

    query: str = field(repr=False)
    changed: bool = False
    end: bool = False


@dataclass(frozen=True, slots=True)
class Ask:
    """Show the consent page.

    :param changed: whether the request was stored for it.
    """

    client: Client
    handle: str = field(repr=False)
    pending: OpenInteraction
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Refuse:
    """Show the error to the user, since it cannot be sent to the client."""

    error: OAuth2Error | UnusableInteraction | StoreUnavailable
    events: tuple[OAuth2Event, ...] = ()


Result: TypeAlias = Respond | Login | LoginAgain | Again | Ask | Refuse

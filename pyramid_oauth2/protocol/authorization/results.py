"""What the authorization endpoint does next: each result becomes one HTTP response."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from ..authentication import Authentication
from ..errors import OAuth2Error
from ..events import OAuth2Event
from ..records import Client
from .interaction import OpenInteraction, UnusableInteraction
from .response import AuthorizationResponse


@dataclass(frozen=True, slots=True)
class User:
    """The user agent and its user. The callables are called only where a step needs them.

    :param secret: returns the browser's secret, and makes one where there is none.
    :param new: whether the browser sent no secret.
    :param earlier: whether ``secret`` is not the browser's present one, but that of a
        page of ours which it had before: the form of the page contains it.
    :param authentication: returns how the user authenticated, if that is known.
    :param login_ended: whether an earlier attempt of this request ended the login: its
        user may still be signed in.
    """

    subject: str | None
    secret: Callable[[], str] = field(repr=False)
    authentication: Callable[[], Authentication | None]
    login_ended: bool = False
    new: bool = False
    earlier: bool = False

    def browser(self) -> str:
        """The digest of the secret, which an interaction stores in place of it."""
        return hashlib.sha256(self.secret().encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Respond:
    """Send a response to the client.

    :param changed: whether the store was changed for it, so that it must not be computed twice.
    """

    response: AuthorizationResponse
    events: tuple[OAuth2Event, ...] = ()
    changed: bool = True


@dataclass(frozen=True, slots=True)
class Login:
    """Send the user to the login; it returns them to our URL with *query*.

    :param end: whether the present login is ended first.
    """

    query: str = field(repr=False)
    end: bool = False


@dataclass(frozen=True, slots=True)
class Again:
    """Redirect the browser to our URL with *query*, for a request that has its cookies.

    :param changed: whether the request was stored for it.
    """

    query: str = field(repr=False)
    changed: bool = False


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

    error: OAuth2Error | UnusableInteraction
    events: tuple[OAuth2Event, ...] = ()


Result: TypeAlias = Respond | Login | Again | Ask | Refuse

"""Where a person can go from a page that has expired or is used: back to the client."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..authorization_server import AuthorizationServer
from ..clients.source import is_unchecked
from ..envelope import NotUnderstood
from ..errors import AccessDenied, OAuth2Error
from ..records import Client
from .interaction import interaction_of
from .request import still_a_destination
from .response import AuthorizationResponse, refusal
from .unusable import UNEXPIRED, ExpiredInteraction, UnusableInteraction, UsedInteraction
from .user import User


@dataclass(frozen=True, slots=True)
class WayBack:
    """The client of a page that cannot be used.

    :param redirect_uri: of the request; None if no response is sent to the client.
    :param response: for the client, which has none yet.
    """

    client: Client
    redirect_uri: str | None
    response: AuthorizationResponse | None = field(default=None, repr=False)


def website(client: Client) -> WayBack | None:
    """The way to the website of a client whose request is refused, None if there is none.

    Only for one that an operator has registered, and that is not disabled: anyone can send users
    to a page of an error.
    """
    if client.disabled_at is not None or is_unchecked(client):
        return None
    return WayBack(client, None)


def way_back(server: AuthorizationServer, user: User, error: UnusableInteraction) -> WayBack | None:
    """The way back from a page of this browser and this user; None where there is none."""
    if error.token is None or not isinstance(error, ExpiredInteraction | UsedInteraction):
        return None
    try:
        interaction = interaction_of(server, error.token.data)
    except NotUnderstood:
        return None
    # Only to those who have seen the page: the response contains the client's state. A request
    # that is stored has no browser before its user has logged in: only its handle finds it.
    if interaction.browser and (user.new or not interaction.is_of(user.browser())):
        return None
    if user.subject is not None and interaction.subject not in (None, user.subject):
        return None
    try:
        destination = still_a_destination(server, interaction.request)
    except OAuth2Error:
        return None
    client, redirect_uri = destination.client, destination.redirect_uri
    if isinstance(error, UsedInteraction) or redirect_uri is None:
        return WayBack(client, redirect_uri)
    # RFC 6749 section 4.1.2.1: the client waits for a response, and an error is one.
    late = AccessDenied("The user did not decide in time.", refusal=UNEXPIRED)
    return WayBack(client, redirect_uri, refusal(server, destination, late))

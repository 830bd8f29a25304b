"""A user who is about to sign in at a client: what a keeper of sessions gets."""

from __future__ import annotations

from dataclasses import dataclass

from ..authentication import Authentication
from ..records import Client
from .authorization_request import AuthorizationRequest


@dataclass(frozen=True, slots=True)
class Joining:
    """A user who is about to sign in at a client.

    :param request: what they allow.
    :param authentication: how they have authenticated, if that is known.
    :param browser: a digest that identifies the browser.
    """

    client: Client
    subject: str
    request: AuthorizationRequest
    authentication: Authentication | None
    browser: str

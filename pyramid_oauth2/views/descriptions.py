"""Texts and addresses of clients and scopes, which third parties have written."""

from __future__ import annotations

from dataclasses import dataclass

from ..protection.request import Request
from ..protocol.clients.self_registration import is_self_registered
from ..protocol.clients.value_rules import is_https_url
from ..protocol.records import Client
from .language import translated


def https_only(uri: str | None) -> str | None:
    """The address if it may be used for a link or an image, else None."""
    # A client's record may be older than the rules, or come from another server.
    return uri if uri and is_https_url(uri) else None


@dataclass(frozen=True, slots=True)
class Registered:
    """Who registered a client, and when.

    :param by: ``operator``, ``owner``, or ``itself``. Only in the first case has anyone who runs
        the site checked it.
    :param at: in UTC seconds.
    :param owner: the name of its owner, for ``owner``; None if the application has none.
    """

    by: str
    at: int
    owner: str | None = None


def registered(request: Request, client: Client) -> Registered:
    """Who registered a client, as the consent page shows it."""
    if client.owner is not None:
        owners = request.oauth2.authorization_service.owners
        return Registered("owner", client.created_at, owners.name(client.owner))
    return Registered("itself" if is_self_registered(client) else "operator", client.created_at)


def describe_scope(request: Request, name: str) -> str:
    """What a scope allows, in the user's language; its name if it is no longer known."""
    scopes = request.oauth2.authorization_service.server.scopes
    if name not in scopes:
        return name
    # The description may be a translation string of the application.
    return translated(request, scopes[name].description)

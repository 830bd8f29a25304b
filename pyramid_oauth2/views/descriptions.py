"""Texts and addresses of clients and scopes, which third parties have written."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from ..protection.request import Request
from ..protocol.clients.blocked_hosts import hosts_of
from ..protocol.clients.source import DOCUMENT, OWNER, is_a_stranger, is_unchecked, source_of
from ..protocol.clients.value_rules import is_https_url
from ..protocol.records import Client
from ..protocol.scopes import OFFLINE_ACCESS, OFFLINE_DESCRIPTION
from .language import translated


def https_only(uri: str | None) -> str | None:
    """The address if it may be used for a link or an image, else None."""
    # A client's record may be older than the rules, or come from another server.
    return uri if uri and is_https_url(uri) else None


@dataclass(frozen=True, slots=True)
class Registered:
    """Who registered a client, and when.

    :param by: the source of the client: ``operator``, ``owner``, ``registered`` or ``document``.
    :param at: in UTC seconds.
    :param checked: whether anyone who runs the site has registered or approved it.
    :param owner: the name of its owner, for ``owner``; None if the application has none.
    """

    by: str
    at: int
    checked: bool
    owner: str | None = None


def registered(request: Request, client: Client) -> Registered:
    """Who registered a client, as the consent page shows it."""
    by, checked = source_of(client), not is_unchecked(client)
    if by != OWNER or client.owner is None:
        return Registered(by, client.created_at, checked)
    owners = request.oauth2.authorization_service.owners
    return Registered(by, client.created_at, checked, owners.name(client.owner))


def link_of(client: Client, uri: str | None) -> str | None:
    """The address of a client's website or policy; None if none is shown."""
    # A link to another site would lend its name to a client that no one has checked.
    if uri is None or not is_https_url(uri) or (is_unchecked(client) and not _is_own(client, uri)):
        return None
    return uri


def _is_own(client: Client, uri: str) -> bool:
    hosts = (urlsplit(uri).hostname or "", *hosts_of(client))
    site, *own = (host.removeprefix("www.") for host in hosts)
    return site in own


def logo_of(client: Client) -> str | None:
    """The address of a client's logo; None if none is shown."""
    # Anyone can register the logo of another, and would see from where the page is opened.
    return None if is_a_stranger(client) else https_only(client.logo_uri)


def document_host(client: Client) -> str | None:
    """The host of a client that is known by a document there, None for any other.

    That is what has been proven; its name is only what it calls itself.
    """
    if source_of(client) != DOCUMENT:
        return None
    return client.client_id.partition("://")[2].partition("/")[0] or None


def describe_scope(request: Request, name: str) -> str:
    """What a scope allows, in the user's language; its name if it is no longer known."""
    scopes = request.oauth2.authorization_service.server.scopes
    if name not in scopes:
        return translated(request, OFFLINE_DESCRIPTION) if name == OFFLINE_ACCESS else name
    # The description may be a translation string of the application.
    return translated(request, scopes[name].description)

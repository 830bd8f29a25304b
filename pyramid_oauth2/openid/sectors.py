"""The sector of a client: the site to which several clients may belong (Core section 8.1)."""

from __future__ import annotations

from urllib.parse import urlsplit

from ..protocol.clients.codecs import Codec
from ..protocol.clients.extra import value_of
from ..protocol.clients.field import ClientField, Control, Option
from ..protocol.messages import message as _
from ..protocol.records import Client
from ..protocol.redirect_uris import LOOPBACK_HOSTS, WEB

SECTOR_IDENTIFIER_URI = ClientField(
    "sector_identifier_uri",
    Codec.OPTIONAL_TEXT,
    "The https URL of a JSON list of redirect URIs. All clients that name it, and whose redirect "
    "URIs are in it, know a user by the same pairwise identifier.",
    control=Control(
        "line",
        _("List of redirect URIs"),
        _("Only for own identifiers of users, if its redirect URIs have several hosts."),
        folded=True,
    ),
    option=Option("--sector-identifier-uri", metavar="URI"),
    for_users=True,
)
"""The field, as a client has it; when it is set, its document is read."""


def sector_of(client: Client) -> str | None:
    """The host that stands for a client.

    :return: that of ``sector_identifier_uri``, else the one host of all redirect URIs. None if
        these have several hosts, or one has none that belongs to a site.
    """
    named = value_of(SECTOR_IDENTIFIER_URI, client)
    hosts = {site_of(uri) for uri in ([named] if named else client.redirect_uris)}
    (host,) = hosts if len(hosts) == 1 else (None,)
    # Every application of a device may be there: it would be one sector for all of them.
    return None if not named and host in LOOPBACK_HOSTS else host


def site_of(uri: str) -> str | None:
    """The host that a URI is fetched from, in lower case; None if there is none.

    After a private-use scheme any host may be written, as in
    ``com.example.app://other.example/``: no such host receives the response (RFC 8252 section 7.1).
    """
    try:
        parts = urlsplit(uri)
    except ValueError:
        return None
    return parts.hostname if parts.scheme in WEB else None

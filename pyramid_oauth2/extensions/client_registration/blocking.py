"""Clients of a blocked host do not register themselves."""

from __future__ import annotations

from ...protocol.clients.blocked_hosts import BlockedHosts
from ...protocol.clients.registered_metadata import metadata_error
from ...protocol.clients.rules import InvalidClientMetadata
from ...protocol.messages import message as _
from ...protocol.records import Client
from ...protocol.server import Server


def refuse_blocked(server: Server, client: Client) -> None:
    """Refuse a client that would send users to a blocked host.

    :raises InvalidRedirectURI: an operator has blocked one of its hosts.
    """
    host = BlockedHosts(server).of(client)
    if host is not None:
        problem = _("%(host)s: clients of this host are not accepted here", host=host)
        raise metadata_error(InvalidClientMetadata({"redirect_uris": problem}))

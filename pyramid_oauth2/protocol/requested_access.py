"""What a client requests at the token endpoint, as far as it may have it."""

from __future__ import annotations

from collections.abc import Mapping

from .access import Access
from .records import Client
from .scopes import grant_scope
from .server import Server


def requested_access(server: Server, client: Client, parameters: Mapping[str, str]) -> Access:
    """Everything that *parameters* request, or the defaults.

    :param parameters: of the request; ``scope`` is read.
    :raises InvalidScope: the client may not have a requested scope, or there is none.
    """
    scope = parameters.get("scope")
    return Access(grant_scope(scope, client, server.known_scopes, server.default_scopes))

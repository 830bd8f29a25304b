"""What the application says of a client that comes by itself, once every rule of ours is kept."""

from __future__ import annotations

from ..authorization_server import AuthorizationServer
from ..records import Client
from .rules import InvalidClientMetadata


def check_policies(server: AuthorizationServer, client: Client) -> None:
    """Refuse a client that an :class:`~pyramid_oauth2.interfaces.IClientPolicy` does not accept.

    :raises InvalidClientMetadata: with what each of them says.
    """
    policies = server.plug_ins.client_policies.values()
    if problems := dict(pair for each in policies for pair in each.problems(client)):
        raise InvalidClientMetadata(problems)

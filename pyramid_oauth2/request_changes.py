"""The clients and users as a view changes them: once, however often the request is run."""

from __future__ import annotations

from .interfaces.storage import IClientStore
from .journal import Journal, journaled
from .protocol.authorization_server import AuthorizationServer
from .protocol.clients.registry import ClientRegistry, UnknownClient
from .protocol.records import Client
from .protocol.server import Server
from .protocol.users import Users


class ClientsOfRequest(ClientRegistry):
    """The clients of a server; each change is in the journal of a request."""

    def __init__(self, server: Server, store: IClientStore, journal: Journal) -> None:
        super().__init__(server, store, journal.emit)
        self.journal = journal

    add = journaled(ClientRegistry.add)
    restore = journaled(ClientRegistry.restore)
    edit = journaled(ClientRegistry.edit)
    rotate_secret = journaled(ClientRegistry.rotate_secret)
    end_earlier_secret = journaled(ClientRegistry.end_earlier_secret)
    disable = journaled(ClientRegistry.disable)
    enable = journaled(ClientRegistry.enable)
    approve = journaled(ClientRegistry.approve)
    withdraw = journaled(ClientRegistry.withdraw)

    def get(self, client_id: str) -> Client:
        """The client. One that an earlier attempt deleted is returned as it was before.

        So what a view examines before it deletes a client is the same at each attempt.

        :raises UnknownClient: there is none.
        """
        try:
            return super().get(client_id)
        except UnknownClient:
            deleted = self.journal.made_before("_delete", {"client_id": client_id})
            if not isinstance(deleted, Client):
                raise
            return deleted

    def delete(self, client_id: str, version: int | None = None) -> None:
        """Remove a client; see :meth:`.ClientRegistry.delete`."""
        self._delete(client_id, version)

    @journaled
    def _delete(self, client_id: str, version: int | None) -> Client:
        client = super().get(client_id)
        super().delete(client_id, version)
        return client


class UsersOfRequest(Users):
    """The users of a server; each change is in the journal of a request."""

    def __init__(self, server: AuthorizationServer, journal: Journal) -> None:
        super().__init__(server, journal.emit)
        self.journal = journal

    revoke = journaled(Users.revoke)
    forget = journaled(Users.forget)

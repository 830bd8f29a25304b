"""The clients and users as a view changes them: once, however often the request is run."""

from __future__ import annotations

from .interfaces.storage import IClientStore
from .journal import Journal, journaled
from .protocol.clients.registry import ClientRegistry
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
    withdraw = journaled(ClientRegistry.withdraw)
    delete = journaled(ClientRegistry.delete)


class UsersOfRequest(Users):
    """The users of a server; each change is in the journal of a request."""

    def __init__(self, server: Server, journal: Journal) -> None:
        super().__init__(server, journal.emit)
        self.journal = journal

    revoke = journaled(Users.revoke)
    forget = journaled(Users.forget)

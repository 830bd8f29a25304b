"""The keeper of sessions, with what notifies clients."""

from __future__ import annotations

from ..fetching import Fetcher
from ..interfaces.server import IServer
from ..protocol.events import Emit
from ..settings import Settings
from .delivery import Delivery
from .sessions import SessionKeeper
from .sids import Sids


def make_keeper(server: IServer, settings: Settings, emit: Emit) -> SessionKeeper:
    """The keeper of sessions of a server.

    :param emit: receives what happens in the background.
    """
    return SessionKeeper(
        server, settings, Delivery(server, emit, Fetcher(), Sids(server, settings))
    )

"""The keeper of sessions, with what notifies clients."""

from __future__ import annotations

from ..fetching import Fetcher
from ..protocol.authorization_server import AuthorizationServer
from ..protocol.events import Emit
from ..protocol.sessions import Sessions
from ..settings import Settings
from .delivery import Delivery
from .pairwise_salt import PairwiseSalt
from .sessions import SessionKeeper
from .sids import Sids


def make_keeper(
    server: AuthorizationServer, settings: Settings, salt: PairwiseSalt, emit: Emit
) -> SessionKeeper:
    """The keeper of sessions of a server.

    :param emit: receives what happens in the background.
    """
    sids, end_left = Sids(server, salt), Sessions(server, emit).end_left
    return SessionKeeper(server, settings, sids, Delivery(server, emit, Fetcher(), sids, end_left))

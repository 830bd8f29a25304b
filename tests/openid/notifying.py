"""A server that notifies clients, and waiting for what its thread does."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import Any

from pyramid_oauth2.backends.memory import MemoryBackend
from pyramid_oauth2.fetching import Fetcher
from pyramid_oauth2.keys.ring import KeyRing
from pyramid_oauth2.keys.schedule import Schedule
from pyramid_oauth2.openid.client_fields import FIELDS
from pyramid_oauth2.openid.delivery import Delivery
from pyramid_oauth2.openid.logout_fields import LOGOUT_FIELDS
from pyramid_oauth2.openid.pairwise_salt import PairwiseSalt
from pyramid_oauth2.openid.sessions import SessionKeeper
from pyramid_oauth2.openid.sids import Sids
from pyramid_oauth2.protocol.clients.metadata import BY_NAME
from pyramid_oauth2.protocol.events import LogoutNotDelivered
from pyramid_oauth2.protocol.records import Client
from pyramid_oauth2.protocol.server_secret import ServerSecret
from pyramid_oauth2.protocol.sessions import Sessions
from tests.keys.rings import SECRET
from tests.protocol.worlds import FACTORIES, make_client

from . import keepers

URI = "backchannel_logout_uri"


class World(keepers.World):
    """A server that notifies clients."""

    def __init__(self, backend: Any = None) -> None:
        self.backend = backend or MemoryBackend()
        self.emitted: list[Any] = []
        settings: Any = keepers.Settings()

        def keeper(server: Any) -> SessionKeeper:
            sids = Sids(server, PairwiseSalt(None))
            ends = Sessions(server, self.emitted.append)
            self.delivery = Delivery(server, self.emitted.append, Fetcher(), sids, ends.end_left)
            return SessionKeeper(server, settings, sids, self.delivery)

        def signer(server: Any) -> KeyRing:
            secret = ServerSecret((SECRET,))
            return KeyRing(server, secret, Schedule(), clock=lambda: self.clock.now)

        factories = replace(FACTORIES, sessions=keeper, signer=signer)
        fields = {field.name: field for field in (*FIELDS, *LOGOUT_FIELDS)}
        super().__init__(self.backend, factories=factories, client_fields={**BY_NAME, **fields})

    def register(self, client_id: str = "web", uri: str | None = None, **changes: Any) -> Client:
        extra = {**({URI: uri} if uri else {}), **changes}
        client = make_client(client_id=client_id, extra=extra)
        self.server.clients.add(client)
        return client

    def end(self, *client_ids: str) -> str:
        """Sign bob in at clients, and end the session without a thread; return its ``sid``."""
        for client_id in client_ids:
            self.join(client_id)
        sid = self.only_sid()
        assert self.keeper.remove("bob", sid)
        self.delivery.unfinished.finish(self.delivery.unfinished.of_user("bob"))
        return sid

    def waiting(self) -> list[str]:
        return sorted(notice.client_id for notice in self.delivery.outbox.waiting())

    @property
    def lost(self) -> list[LogoutNotDelivered]:
        return [event for event in self.emitted if isinstance(event, LogoutNotDelivered)]


def names_of_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate()]


def wait_until(holds: Any, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not holds() and time.monotonic() < end:
        time.sleep(0.02)
    assert holds()

"""Writes down that a client that registered itself is in use.

Its grants do not show it for long: without a refresh token they end with the access token, and
expired ones are removed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ...interfaces import IService
from ...protocol.contention import Contention
from ...protocol.events import ConsentGiven
from ...protocol.follow_up import follow_up
from ...protocol.server import Server
from ...protocol.token_strings import is_drawn_client_id
from .registration import ENDED, USED, Registrations
from .sweeping import DAY


def note(registry: Any, event: ConsentGiven) -> None:
    """Subscriber: a user has allowed a client something."""
    client_id = event.client_id
    # The code is issued: what fails here must not end the user's request.
    with follow_up("It is not noted that a client is in use"):
        if client_id is not None and is_drawn_client_id(client_id):
            note_use(registry.getUtility(IService).server, client_id)


def note_use(server: Server, client_id: str) -> None:
    """Keep a client that registered itself from removal, if it has; written once a day."""
    registrations, now = Registrations(server), server.clock()
    contention = Contention("the registration")
    while True:
        found = registrations.find(client_id)
        if found is None or found.state == ENDED:
            return
        if found.state == USED and now < found.at + DAY:
            return
        if registrations.put(replace(found, state=USED, at=now)):
            return
        contention.lost()

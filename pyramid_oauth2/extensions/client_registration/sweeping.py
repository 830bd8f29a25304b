"""Removing clients that registered themselves, and are not used."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import islice

from ...protocol.clients.extra import value_of
from ...protocol.clients.registry import ClientRegistry, UnknownClient
from ...protocol.clients.source import APPROVED
from ...protocol.contention import Contention
from ...protocol.events import Emit
from ...protocol.follow_up import follow_up
from ...protocol.grants import is_living
from ...protocol.listings import every
from ...protocol.lost_responses import until_known
from ...protocol.records import Client
from ...protocol.server import Server
from .registration import ENDED, UNUSED, USED, Registration, Registrations

HOUR, DAY = 3600, 86_400
NEVER_USED = DAY
"""Seconds after which a client is removed that no user has ever allowed anything."""
IDLE = 90 * DAY
"""Seconds after which a client is removed that nothing of what users allowed is left of."""
SOME = 20
PAUSE = 60  # seconds
MANY = 500  # grants of one client, beyond which it is in use without looking further


class Sweeper:
    """Removes what is not used, a few at each registration, and all by ``poauth2 purge``."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._registrations = Registrations(server)
        self._cursor: str | None = None
        self._looked_at = 0

    def unused(self, most: int) -> int:
        """How many clients were never used, as far as it is known; *most* if there are more."""
        return sum(1 for _ in islice(self._registrations.unused(), most))

    def sweep_some(self, emit: Emit) -> None:
        """Look at the next few registrations. Never raises: a client was just registered."""
        with follow_up("Unused clients were not removed"):
            page = self._registrations.page(self._cursor, SOME)
            self._cursor = page.cursor
            for registration in page.items:
                self._look_at(registration, emit)

    def sweep_unused(self, emit: Emit) -> None:
        """Make room: remove those that were not used within an hour, instead of a day.

        Otherwise who registers clients without end would keep all others away for a day. Only if
        this process has not done so lately: anyone can ask to be registered, and each is read.
        """
        now = self._server.clock()
        if 0 <= now - self._looked_at < PAUSE:
            return
        self._looked_at = now
        for registration in list(self._registrations.unused()):
            self._look_at(registration, emit, HOUR)

    def sweep(self, emit: Emit) -> int:
        """Look at every registration; return how many clients were removed."""
        found = list(every(self._registrations.page))
        return sum(self._look_at(registration, emit) for registration in found)

    def end(self, registration: Registration, emit: Emit) -> None:
        """Delete a client with everything that it was given.

        Its tombstone and what is kept of the registration stay until that would have ended.
        """
        self._delete(registration.client_id, emit)
        # The client is gone: who asked for that must not get another response.
        with follow_up("What is kept of a client that was deleted stays longer"):
            self._end(registration)

    def _end(self, registration: Registration) -> None:
        contention = Contention("the registration")
        while not self._put_ended(registration):
            # It is marked as used at this moment, or its token is replaced.
            contention.lost()
            found = self._registrations.find(registration.client_id)
            if found is None:
                return
            registration = found

    def _delete(self, client_id: str, emit: Emit) -> None:
        registry = ClientRegistry(self._server, self._server.clients, emit)
        with suppress(UnknownClient):
            registry.delete(client_id)

    def _put_ended(self, registration: Registration) -> bool:
        # Nothing was issued to one that was never used.
        never_used = registration.state == UNUSED
        until = self._server.clock() + (HOUR if never_used else self._server.lifetimes.grant)
        return self._registrations.put(
            replace(registration, state=ENDED, at=until, token="", earlier="", earlier_until=0)
        )

    def _look_at(
        self, registration: Registration, emit: Emit, never_used: int = NEVER_USED
    ) -> bool:
        now = self._server.clock()
        *_, client = self._server.clients.readings(registration.client_id)
        if registration.state == ENDED:
            if client is not None:
                # The process ended before it was deleted.
                self._delete(registration.client_id, emit)
            elif registration.at <= now:
                # Nothing is left that its tombstone would keep from being valid.
                until_known(partial(self._server.clients.forget, registration.client_id))
                self._registrations.forget(registration.client_id)
            return False
        if client is None:
            # An operator deleted it; or the process ended before it was added.
            if registration.at + HOUR <= now:
                self._registrations.forget(registration.client_id)
            return False
        if _stays(client):
            return False
        registration = self._as_used(registration, client, now)
        lasts = IDLE if registration.state != UNUSED else never_used
        if registration.policy is not None or client.owner is not None:
            # Registered by a token: no flood of others takes its time.
            lasts = max(lasts, NEVER_USED)
        # First this: a user may have allowed it something meanwhile, which marks it as used.
        if now < registration.at + lasts or not self._put_ended(registration):
            return False
        self._delete(registration.client_id, emit)
        return True

    def _as_used(self, registration: Registration, client: Client, now: int) -> Registration:
        """The registration with what is seen of the client's use, which is written down."""
        living, last = self._use(client, now)
        if living:
            seen = replace(registration, state=USED, at=now)
            fresh = registration.state == USED and now < registration.at + DAY
        else:
            seen = replace(registration, state=USED, at=max(last, registration.at))
            fresh = registration.state == USED or not last
        if fresh:
            return registration if not living else seen
        self._registrations.put(seen)
        return replace(seen, version=(registration.version or 0) + 1)

    def _use(self, client: Client, now: int) -> tuple[bool, int]:
        """Whether a grant of the client is alive, and when the latest was given."""
        grants = self._server.grants
        last = 0
        listed = every(lambda at: grants.grants(client_id=client.client_id, cursor=at))
        for count, grant in enumerate(listed):
            if count == MANY or (is_living(grant, now) and grant.epoch >= client.epoch):
                return True, now
            last = max(last, grant.created_at)
        return False, last


def _stays(client: Client) -> bool:
    # What it gets by itself is not listed, so nothing shows that it is used.
    return "client_credentials" in client.grant_types or bool(value_of(APPROVED, client))

"""How many clients may register themselves.

They are counted with the new one: of requests at the same moment the last to count sees all
others, so one too many may be refused, but none is left.
"""

from __future__ import annotations

from ...protocol.endpoints import EndpointRequest
from ...protocol.errors import InvalidMetadata, InvalidToken, TemporarilyUnavailable
from ...protocol.events import Emit
from ...protocol.listings import has_as_many
from ...protocol.refusal import Refusal
from ...protocol.server import USER_ACTIVE, Server
from ...protocol.throttling import Attempt
from ...settings import Settings
from .registration import Registration, Registrations
from .settings import RegistrationSettings
from .sweeping import Sweeper

OWNED = Refusal(
    "registration_clients_of_user",
    "RFC 7591 section 3.2.2",
    decided_by="oauth2.self_service.max_clients",
)
UNUSED_CLIENTS = Refusal(
    "registration_unused_clients",
    "RFC 7591 section 5",
    decided_by="oauth2.registration.max_unused",
)
RETRY_AFTER = 3600


class Limits:
    """The limits of registrations without an initial access token."""

    def __init__(self, server: Server, settings: Settings, sweeper: Sweeper) -> None:
        self._server, self._sweeper = server, sweeper
        self._registrations = Registrations(server)
        self._most_owned = settings.self_service_max_clients
        self._most_unused = settings.of(RegistrationSettings).max_unused

    def attempt(self, request: EndpointRequest) -> Attempt:
        """That of an address to register a client without any token."""
        return self._server.throttle.client_registration(request.http, request.emit)

    def count(self, request: EndpointRequest, owner: str | None) -> None:
        """Count a registration, before anything is stored for it.

        :param owner: the user for whom the client is; None: for no one.
        :raises OAuth2Error: there are too many.
        """
        if owner is None:
            self.attempt(request).count_or_refuse(None)
            return
        # Already here: one that is removed again leaves a tombstone.
        self._refuse_owned(owner, self._most_owned)
        attempt = self._server.throttle.registration(request.http, owner, request.emit)
        attempt.refuse_if_blocked()
        attempt.count_or_refuse(None)

    def count_unused(self, registration: Registration, emit: Emit) -> None:
        """Count those that were never used, with a registration whose client is not stored yet.

        :param emit: receives the events of those that are removed to make room.
        :raises TemporarilyUnavailable: there are too many; it is removed.
        """
        try:
            if self._has_too_many_unused():
                self._sweeper.sweep_unused(emit)
                self._refuse_unused()
        except Exception:
            self._registrations.forget(registration.client_id)
            raise

    def count_owned(self, owner: str, registration: Registration, emit: Emit) -> None:
        """Count those of a user, with one whose client is stored.

        :param emit: receives the event if it is removed.
        :raises OAuth2Error: there are too many, or its owner was deactivated meanwhile.
        """
        try:
            self._refuse_owned(owner, self._most_owned + 1)
            # What ends everything of a deleted user disables the clients that are there by then.
            if not self._server.is_active(owner):
                refusal = USER_ACTIVE.comparing(subject=owner)
                raise InvalidToken("The user is deactivated.", refusal=refusal)
        except Exception:
            self._sweeper.end(registration, emit)
            raise

    def _refuse_owned(self, owner: str, count: int) -> None:
        search = self._server.clients.search
        if has_as_many(lambda at: search(owner, cursor=at, limit=count), count):
            raise InvalidMetadata(
                "The user has as many clients as one may have: delete one of them.",
                refusal=OWNED.comparing(most=self._most_owned),
            )

    def _has_too_many_unused(self) -> bool:
        return self._sweeper.unused(self._most_unused + 1) > self._most_unused

    def _refuse_unused(self) -> None:
        if self._has_too_many_unused():
            raise TemporarilyUnavailable(
                "Too many clients are registered that were never used. Try again later.",
                retry_after=RETRY_AFTER,
                refusal=UNUSED_CLIENTS.comparing(most=self._most_unused),
            )

"""What a user allows and owns, and how it ends: a changed password, a deleted account."""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

from .authorization_server import AuthorizationServer
from .clients.registry import ClientRegistry, UnknownClient
from .clients.unreadable import UnreadableClient, UnwritableClient
from .events import ConsentWithdrawn, Emit, UserForgotten, emit_nothing
from .grants import PAGE, end_grants_of
from .listings import every
from .lost_responses import until_known
from .records import Client, Grant
from .sessions import Sessions, sid_of
from .subject import checked_subject
from .user_grants import Authorizations, authorizations_of

REVOKED_BY_APPLICATION = "revoked by the application"
USER_FORGOTTEN = "the user was forgotten"
NOT_DISABLED = (
    "The client %s of a user who is forgotten is not disabled: its stored record cannot be read. "
    "Delete the client."
)
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ended:
    """How much one call ended: how many grants, remembered consents and owned clients.

    ``sessions`` are those in which the user had signed in at clients of OpenID Connect.
    ``not_disabled`` are the client_ids of owned clients that the store cannot disable, since
    their records cannot be read. They are refused as long as that is so: delete them.
    """

    grants: int
    consents: int
    clients: int = 0
    not_disabled: tuple[str, ...] = ()
    sessions: int = 0


class Users:
    """The users of a server: what they allow, which clients they own, and how both end.

    A *subject* is the text that names the user in grants, as
    :meth:`~pyramid_oauth2.interfaces.IResourceOwners.subject` returns it. The users
    themselves, their passwords and their sessions are the application's. Each change is
    written at once, also within a transaction of the application.

    :param emit: receives an event for every change.
    """

    def __init__(self, server: AuthorizationServer, emit: Emit = emit_nothing) -> None:
        self._server = server
        self._emit = emit

    def authorizations(self, subject: str) -> Authorizations:
        """What the user allows at present, by client, newest first.

        At most 1,000 grants and consents and 100 clients are read; ``complete`` of the
        result is false if there are more.

        :raises ValueError: *subject* names no user.
        """
        return authorizations_of(self._server, checked_subject(subject))

    def clients(self, subject: str) -> list[Client]:
        """The clients that the user owns, also disabled ones, by name.

        :raises ValueError: *subject* names no user.
        """
        owner, search = checked_subject(subject), self._server.clients.search
        return list(every(lambda at: search(owner, cursor=at, limit=PAGE)))

    def revoke(
        self, subject: str, client_id: str | None = None, reason: str = REVOKED_BY_APPLICATION
    ) -> Ended:
        """End all grants and sessions of the user, with their tokens, and forget the consents.

        Afterwards each client has to ask the user again. (One that is registered with
        ``consent = "skip"`` need not: end the user's login as well.) A grant that is opened
        meanwhile ends too, unless the user allows it on the consent page after this call
        began.

        :param client_id: only what the user allows this client; their sessions stay.
        :param reason: a fixed text for the events and the records: metrics count by it.
        :raises ValueError: *subject* names no user.
        :raises StoreUnavailable: the store cannot write, or ``oauth2.read_only`` is set.
            A part may have ended; call it again to end the rest.
        """
        return self._revoke(checked_subject(subject), client_id, reason)

    def _revoke(self, subject: str, client_id: str | None, reason: str) -> Ended:
        if client_id is not None:
            grants, consents = self._withdraw(subject, client_id, reason)
            return Ended(len(grants), consents)
        sessions = Sessions(self._server, self._emit)
        removed = sessions.remove_all(subject, reason)
        with sessions.ending(subject, removed, reason) as (_, ended):
            grants, consents = self._withdraw(subject, None, reason)
            ended.update(sid for grant in grants if (sid := sid_of(grant)) is not None)
        return Ended(len(grants), consents, sessions=len(removed))

    def _withdraw(
        self, subject: str, client_id: str | None, reason: str
    ) -> tuple[list[Grant], int]:
        """End grants and forget consents; return these grants, and how many consents."""
        lost: set[str] = set()
        try:
            # The consents first: otherwise a client could get a new grant without a prompt
            # while the old ones are being revoked.
            consents = self._forget_consents(subject, client_id, lost)
            grants = end_grants_of(self._server, subject, reason, self._emit, client_id)
            lost.update(grant.client_id for grant in grants)
            # Again: a decision at this moment may have stored one since. A decision that
            # stores it later finds its grant revoked, and forgets it.
            consents += self._forget_consents(subject, client_id, lost)
        finally:
            for each in sorted(lost):
                self._emit(ConsentWithdrawn(client_id=each, subject=subject, reason=reason))
        return grants, consents

    def forget(self, subject: str) -> Ended:
        """End everything of a user: what they allow, and the clients that they own.

        The clients are disabled, not deleted: an operator may give them to another owner,
        or delete them. Ended grants name the subject until they are purged at their own
        end. Before this call, deactivate or delete the user in the application, so that
        :meth:`~pyramid_oauth2.interfaces.IResourceOwners.is_active` says no: the user can
        allow nothing new then.

        :return: how much ended, and which clients could not be disabled.
        :raises ValueError: *subject* names no user.
        :raises StoreUnavailable: as for :meth:`revoke`.
        """
        clients, left = 0, []
        for client in self.clients(subject):
            try:
                clients += self._disable(client)
            except UnwritableClient:
                left.append(client.client_id)
                log.error(NOT_DISABLED, client.client_id)
        revoked = self._revoke(subject, None, USER_FORGOTTEN)
        ended = replace(revoked, clients=clients, not_disabled=tuple(left))
        self._emit(
            UserForgotten(
                subject=subject, grants=ended.grants, consents=ended.consents, clients=clients
            )
        )
        return ended

    def _forget_consents(self, subject: str, client_id: str | None, lost: set[str]) -> int:
        consents = self._server.consents
        if client_id is None:
            found = every(lambda at: consents.list(subject, None, at, PAGE))
            named = [consent.client_id for consent in found]
        else:
            named = [client_id]
        forgotten = [each for each in named if self._forget_consent(subject, each)]
        lost.update(forgotten)
        return len(forgotten)

    def _forget_consent(self, subject: str, client_id: str) -> bool:
        forget = partial(self._server.consents.forget, subject, client_id)
        # One that is gone after a lost response counts as forgotten now: it was asked for.
        return until_known(forget, lambda: forget() or True)

    def _disable(self, client: Client) -> bool:
        # Of one that cannot be read it is not known, and its record may become readable again.
        if client.disabled_at is not None and not isinstance(client, UnreadableClient):
            return False
        with suppress(UnknownClient):
            clients = ClientRegistry(self._server, self._server.clients, self._emit)
            clients.disable(client.client_id)
            return True
        return False

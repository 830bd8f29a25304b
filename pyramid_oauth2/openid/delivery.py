"""Sends logout tokens to clients (Back-Channel Logout 1.0 section 2.5)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlencode

from ..fetching import Fetcher, FetchError
from ..interfaces.server import IServer
from ..protocol.events import Emit, LogoutNotDelivered
from ..protocol.records import StoreUnavailable
from .back_channel import Notice, Outbox, logout_uri
from .delivery_thread import DeliveryThread
from .logout_token import logout_token
from .sids import Sids
from .unfinished import UnfinishedEnds

log = logging.getLogger(__name__)

HEADERS = {"Content-Type": "application/x-www-form-urlencoded"}
# Back-Channel Logout 1.0 section 2.8: 200; libraries that send no body answer 204.
DONE = frozenset({200, 204})


@dataclass(frozen=True, slots=True)
class Round:
    """What became of the notices that were due.

    :param later: how many are tried again.
    """

    sent: int = 0
    later: int = 0
    dropped: int = 0


class Delivery:
    """Sends what is in the outbox, once the ends of sessions are finished that were left.

    :param emit: receives an event for a client that could not be notified.
    :param fetcher: sends the requests.
    :param sids: by which clients know sessions.
    :param end_left: finishes the ends of the sessions of a user that were left.
    """

    def __init__(
        self,
        server: IServer,
        emit: Emit,
        fetcher: Fetcher,
        sids: Sids,
        end_left: Callable[[str], None],
    ) -> None:
        self._server, self._emit, self._fetcher = server, emit, fetcher
        self._sids, self.end_left = sids, end_left
        self.outbox = Outbox(server)
        self.unfinished = UnfinishedEnds(server, self.outbox)
        self._thread = DeliveryThread(self.deliver, self.due_at, server.clock)

    def wake(self) -> None:
        """Let the thread send what is due, without waiting for it."""
        self._thread.wake()

    @contextmanager
    def later_if_this_fails(self) -> Iterator[None]:
        """Let the thread finish the end of a session, once the store is there again."""
        try:
            yield
        except BaseException:
            self.wake()
            raise

    def close(self) -> None:
        """Let the thread send what is due, and end it; within a few seconds."""
        if self._thread.close():
            self._fetcher.close()

    def finish_left(self) -> None:
        """Finish the ends of sessions that no call finishes any more.

        :raises StoreUnavailable: the store cannot read or write.
        """
        for subject in self.unfinished.left():
            self.end_left(subject)

    def deliver(self) -> Round:
        """Send every notice that is due, once.

        A client that does not answer is asked once: what else there is for it waits.

        :raises StoreUnavailable: the store cannot read or write.
        """
        self.finish_left()
        sent = later = dropped = 0
        silent: set[str] = set()
        for notice in self.outbox.waiting():
            if notice.due_at > self._server.clock() or notice.client_id in silent:
                continue
            claimed = self.outbox.claim(notice)
            if claimed is None:
                continue
            reason = self._tried(claimed)
            if reason is None:
                self.outbox.done(claimed)
                sent += 1
                continue
            silent.add(notice.client_id)
            if self.outbox.failed(claimed):
                later += 1
            else:
                dropped += 1
                self._drop(claimed, reason)
        return Round(sent, later, dropped)

    def _tried(self, notice: Notice) -> str | None:
        try:
            return self._failure(notice)
        except StoreUnavailable as unavailable:
            # The others must not wait for a client for which there is no key, or no subject.
            log.warning(
                "The client %s is not notified of a logout (attempt %d): %s",
                *(notice.client_id, notice.attempts, unavailable),
            )
        except Exception:
            # A plug-in may say by which identifiers clients know users, or sign.
            log.exception(
                "The client %s is not notified of a logout (attempt %d)",
                *(notice.client_id, notice.attempts),
            )
        return "cannot be asked: the server has no token for it"

    def _failure(self, notice: Notice) -> str | None:
        """Send it; return why the client is not notified, None if it is or does not want to be."""
        client = self._server.client(notice.client_id)
        uri = logout_uri(client)
        if client is None or uri is None:
            return None
        sid = self._sids.sid_for(client, notice.sid)
        token = logout_token(self._server, client, notice.subject, sid)
        try:
            response = self._fetcher.post(uri, urlencode({"logout_token": token}), HEADERS)
        except FetchError as error:
            reason = str(error)
        else:
            if response.status in DONE:
                return None
            reason = f"answers with the status {response.status}"
        log.warning(
            "The client %s is not notified of a logout (attempt %d): it %s",
            *(notice.client_id, notice.attempts, reason),
        )
        return reason

    def _drop(self, notice: Notice, reason: str) -> None:
        self._emit(
            LogoutNotDelivered(
                client_id=notice.client_id, subject=notice.subject, sid=notice.sid, error=reason
            )
        )

    def due_at(self) -> int | None:
        """When there is something to do, in UTC seconds; None if nothing is left."""
        times = (self.unfinished.left_at(), *(each.due_at for each in self.outbox.waiting()))
        return min((at for at in times if at is not None), default=None)

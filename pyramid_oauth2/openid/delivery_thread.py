"""The thread of a process that notifies clients: no page waits for one."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from ..per_process import PerProcess
from ..protocol.records import StoreUnavailable

log = logging.getLogger(__name__)

LONGEST_WAIT = 60.0  # seconds, after which the outbox is read again
STORE_PAUSE = 5.0  # seconds until a store that was away is asked again
PATIENCE = 10.0  # seconds for what is being sent when the process ends


@dataclass(slots=True, eq=False)
class _Worker:
    """The thread of a process, and whether there is something for it to do."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    woken: threading.Event = field(default_factory=threading.Event)
    closing: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None


class DeliveryThread:
    """Does rounds as long as something is left to do. It is started by the first :meth:`wake`.

    :param deliver: does a round; raises StoreUnavailable while the store is away.
    :param due_at: returns when the next one is due, in UTC seconds; None if nothing is left.
    :param clock: returns the time in UTC seconds.
    """

    def __init__(
        self,
        deliver: Callable[[], object],
        due_at: Callable[[], int | None],
        clock: Callable[[], int],
    ) -> None:
        self._deliver, self._due_at, self._clock = deliver, due_at, clock
        self._worker = PerProcess(_Worker)

    def wake(self) -> None:
        """Let it do a round."""
        worker = self._worker()
        with worker.lock:
            worker.woken.set()
            if worker.thread is not None:
                return
            worker.closing.clear()
            # A daemon: it must not hold the process. What it does not send stays in the outbox.
            worker.thread = threading.Thread(
                target=self._run, args=(worker,), name="oauth2 logout delivery", daemon=True
            )
            try:
                worker.thread.start()
            except RuntimeError as error:
                worker.thread = None
                log.warning("Clients are notified of the end of a session later: %s", error)

    def close(self) -> bool:
        """Let it do what is due, and end it, within a few seconds; return whether it has ended."""
        worker = self._worker.made()
        if worker is None:
            return False
        worker.closing.set()
        worker.woken.set()
        if (thread := worker.thread) is not None:
            thread.join(PATIENCE)
            # Else it ends once it has sent what it is sending, and needs the connections for it.
            return not thread.is_alive()
        return True

    def _run(self, worker: _Worker) -> None:
        try:
            while self._again_or_later(worker):
                pass
        except Exception:
            log.exception("Clients are not notified of the end of a session")
        finally:
            with worker.lock:
                if worker.thread is threading.current_thread():
                    worker.thread = None

    def _again_or_later(self, worker: _Worker) -> bool:
        """The same as :meth:`_again`; while the store is away, it waits."""
        try:
            return self._again(worker)
        except StoreUnavailable as unavailable:
            log.warning("Clients are notified of the end of a session later: %s", unavailable)
        # What has failed has woken it, which would be a loop without a pause.
        worker.woken.clear()
        if worker.closing.is_set():
            return False
        worker.woken.wait(STORE_PAUSE)
        return True

    def _again(self, worker: _Worker) -> bool:
        """Do a round, and wait for the next one; return whether there may be more."""
        worker.woken.clear()
        self._deliver()
        due = self._due_at()
        with worker.lock:
            # A notice that was written meanwhile has woken it, or wakes the next one.
            if not worker.woken.is_set() and (due is None or worker.closing.is_set()):
                worker.thread = None
                return False
        if due is not None and not worker.closing.is_set():
            worker.woken.wait(min(max(due - self._clock(), 1.0), LONGEST_WAIT))
        return True

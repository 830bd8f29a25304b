"""A cache of the responses of the authorization server about tokens."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

from ..per_process import PerProcess
from ..protocol.token.access_token import AccessToken

MAX_ANSWERS = 10_000

Answer = AccessToken | None
"""The token, or None for one that is not active."""


class AnswerCache:
    """Caches responses for a while, the most recently used ones: per process, bounded.

    A token that is revoked is accepted here for at most *lifetime* seconds. Inactive
    tokens are cached too, separately: invented tokens do not evict valid ones.

    :param lifetime: in seconds; 0 sends a request every time.
    :param clock: returns the time in seconds.
    :param size: how many responses of either kind are cached.
    """

    def __init__(self, lifetime: int, clock: Callable[[], float], size: int = MAX_ANSWERS) -> None:
        self._lifetime = lifetime
        self._clock = clock
        self._size = size
        self._lock = PerProcess(threading.Lock)
        self._active: OrderedDict[bytes, tuple[float, Answer]] = OrderedDict()
        self._inactive: OrderedDict[bytes, tuple[float, Answer]] = OrderedDict()

    def recall(self, key: bytes, ask: Callable[[], Answer]) -> Answer:
        """Return the response for that key, from the cache or from *ask*.

        :param key: a digest of the token, never the token itself.
        """
        # The age counts from the request, not from the response: a token that is
        # revoked in between must not be accepted for longer than *lifetime*.
        now = self._clock()
        with self._lock():
            for answers in (self._active, self._inactive):
                at, answer = answers.get(key, (None, None))
                if at is not None and 0 <= now - at < self._lifetime:
                    answers.move_to_end(key)
                    return answer
        answer = ask()
        if self._lifetime:
            self._remember(key, now, answer)
        return answer

    def _remember(self, key: bytes, now: float, answer: Answer) -> None:
        with self._lock():
            self._active.pop(key, None)
            self._inactive.pop(key, None)
            answers = self._inactive if answer is None else self._active
            answers[key] = (now, answer)
            while len(answers) > self._size:
                answers.popitem(last=False)

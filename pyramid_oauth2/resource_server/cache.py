"""What the authorization server said of a token a moment ago."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

from ..per_process import PerProcess
from ..protocol.token.presentation import AccessToken

MAX_ANSWERS = 10_000

Answer = AccessToken | None
"""The token, or None for one that is not active."""


class AnswerCache:
    """Remembers answers for a while, the ones asked for last: per process, bounded.

    A token that is revoked works here for *lifetime* seconds at most. What is
    not active is remembered as well, and apart: invented tokens push out no good ones.

    :param lifetime: in seconds; 0 asks every time.
    :param clock: the time in seconds.
    :param size: how many answers of either kind are remembered.
    """

    def __init__(self, lifetime: int, clock: Callable[[], float], size: int = MAX_ANSWERS) -> None:
        self._lifetime = lifetime
        self._clock = clock
        self._size = size
        self._lock = PerProcess(threading.Lock)
        self._active: OrderedDict[bytes, tuple[float, Answer]] = OrderedDict()
        self._inactive: OrderedDict[bytes, tuple[float, Answer]] = OrderedDict()

    def recall(self, key: bytes, ask: Callable[[], Answer]) -> Answer:
        """The answer of that key; *ask* gives it where none is remembered.

        :param key: a digest of the token, never the token.
        """
        # Its age counts from the question: what is revoked while the answer is
        # on its way is no longer believed for that.
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

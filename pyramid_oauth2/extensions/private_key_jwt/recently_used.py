"""A bounded number of values, of which those stay that were used last."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

from ...per_process import PerProcess

Value = TypeVar("Value")


class RecentlyUsed(Generic[Value]):
    """Values by key; it belongs to one process.

    :param most: how many there are. One more takes the place of that which was used longest ago.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = PerProcess(threading.Lock)
        self._values: OrderedDict[str, Value] = OrderedDict()

    def __call__(self, key: str, make: Callable[[], Value]) -> Value:
        """The value of that key, which *make* returns if there is none.

        It is made under the lock: threads that come at the same time get the same one.
        """
        with self._lock():
            value = self._values.pop(key) if key in self._values else make()
            self._values[key] = value
            while len(self._values) > self._most:
                self._values.popitem(last=False)
        return value

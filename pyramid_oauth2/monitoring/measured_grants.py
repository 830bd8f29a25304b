"""A grant store with metrics: the duration of each operation, and the outcomes of redemptions."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from prometheus_client import Counter, Histogram
from zope.interface import classImplements

from ..interfaces import IGrantStore
from ..protocol.records import Redemption, Token

REDEMPTIONS = Counter(
    "oauth2_redemptions",
    "Attempts to spend a token, by its kind and by what became of them.",
    ["kind", "outcome"],
)
STORE_SECONDS = Histogram(
    "oauth2_store_seconds",
    "Operations of the grant store.",
    ["operation"],
    # From the memory of this process at one end to a failover at the other.
    buckets=(0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10),
)


class MeasuredGrants:
    """Delegates to *store* and times every operation."""

    def __init__(self, store: IGrantStore) -> None:
        self._store = store
        operations = {name: _timed(name, getattr(store, name)) for name in IGrantStore.names()}
        operations["redeem"] = _counted(operations["redeem"])
        vars(self).update(operations)

    def __getattr__(self, name: str) -> Any:
        # For other attributes of a store, such as expires_itself.
        return getattr(self._store, name)


# Declared this way, since a type checker cannot see the operations.
classImplements(MeasuredGrants, IGrantStore)


def _timed(name: str, operation: Callable[..., Any]) -> Callable[..., Any]:
    seconds = STORE_SECONDS.labels(name)

    @functools.wraps(operation)
    def timed(*args: Any, **kw: Any) -> Any:
        with seconds.time():
            return operation(*args, **kw)

    return timed


def _counted(redeem: Callable[..., Redemption]) -> Callable[..., Redemption]:
    @functools.wraps(redeem)
    def counted(token: Token, *args: Any, **kw: Any) -> Redemption:
        redemption = redeem(token, *args, **kw)
        REDEMPTIONS.labels(token.kind, redemption.outcome.value).inc()
        return redemption

    return counted

"""What a request changes, kept for its next attempt.

pyramid_retry runs a request again, with the same environ, when the application's own
transaction failed. What a view changed in our stores stays; what subscribers wrote in that
transaction does not. So the same call at a later attempt changes nothing: it has the kept
result, and delivers the kept events again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial, wraps
from inspect import signature
from typing import Any, Concatenate, ParamSpec, TypeVar

from .events import notify
from .interfaces.request import PyramidRequest
from .protocol.events import OAuth2Event

KEY = "pyramid_oauth2.journal"
ATTEMPT = "retry.attempt"

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


@dataclass(slots=True, eq=False, repr=False)
class _Call:
    """A call of one attempt. It has no repr: its arguments and its result may be secrets."""

    name: str
    arguments: dict[str, Any]
    events: list[OAuth2Event] = field(default_factory=list)
    returned: bool = False
    result: Any = None


class _Kept:
    """The calls of all attempts of a request, in its environ."""

    def __init__(self) -> None:
        self.calls: list[_Call] = []
        self._attempt: int | None = None
        self._left: list[_Call] = []

    def call(self, attempt: int, name: str, arguments: dict[str, Any]) -> _Call:
        """Return the same call of an earlier attempt, if this one has not made it yet."""
        if self._attempt != attempt:
            self._attempt, self._left = attempt, list(self.calls)
        for call in self._left:
            if (call.name, call.arguments) == (name, arguments):
                self._left.remove(call)
                return call
        call = _Call(name, arguments)
        self.calls.append(call)
        return call


class Journal:
    """The changes of one request. Without pyramid_retry, nothing is kept.

    A call that raised an error has changed a part at most: its events are redelivered, and it
    is made again.

    :param rolled_back: the changes are part of the request's own transaction. Then each
        call is made again, and an event that was delivered before is redelivered.
    """

    def __init__(self, request: PyramidRequest, rolled_back: bool = False) -> None:
        self._request, self._rolled_back = request, rolled_back
        environ = request.environ
        self._kept = environ.setdefault(KEY, _Kept()) if ATTEMPT in environ else None
        # The call that is being made, and what its earlier attempts emitted.
        self._call: _Call | None = None
        self._earlier: tuple[OAuth2Event, ...] = ()

    def emit(self, event: OAuth2Event) -> None:
        """Deliver an event, and keep it."""
        if self._call is None:
            self._deliver(event)
        elif event not in self._earlier:
            self._call.events.append(event)
            self._deliver(event)
        elif self._rolled_back:
            self._deliver(event, redelivered=True)
        # Else it was redelivered before the call was made again.

    def run(self, name: str, arguments: dict[str, Any], change: Callable[[], Result]) -> Result:
        """Make a change, or return the kept result of the same one."""
        if self._kept is None:
            return change()
        call = self._kept.call(self._request.environ[ATTEMPT], name, arguments)
        if not self._rolled_back:
            for event in call.events:
                self._deliver(event, redelivered=True)
            if call.returned:
                kept: Result = call.result
                return kept
        self._call, self._earlier = call, tuple(call.events)
        try:
            result = call.result = change()
        finally:
            self._call = None
        call.returned = True
        return result

    def _deliver(self, event: OAuth2Event, redelivered: bool = False) -> None:
        notify(self._request.registry, event, self._request, redelivered)


def journaled(
    method: Callable[Concatenate[Any, Parameters], Result],
) -> Callable[Concatenate[Any, Parameters], Result]:
    """Return a method whose calls are in the attribute ``journal`` of its object.

    Calls are the same if their arguments are, except ``version``: at a later attempt, a view
    reads the version that the earlier attempt wrote.
    """
    parameters = signature(method)

    @wraps(method)
    def run(self: Any, /, *args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        bound = parameters.bind(self, *args, **kwargs)
        bound.apply_defaults()
        arguments = {
            name: value
            for name, value in bound.arguments.items()
            if name not in ("self", "version")
        }
        journal: Journal = self.journal
        return journal.run(method.__name__, arguments, partial(method, self, *args, **kwargs))

    return run

"""What a request changes, kept for its next attempt.

pyramid_retry runs a request again, with the same environ, when the application's own
transaction failed. What a view changed in our stores stays; what subscribers wrote in that
transaction does not. So the same call at a later attempt changes nothing: it has the kept
result, and delivers the kept events again.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import Error, deepcopy
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
    """A call, at all attempts. It has no repr: its arguments and its result may be secrets.

    :ivar attempt: the last attempt that made it.
    :ivar earlier: what it emitted at the attempts before that one.
    """

    name: str
    arguments: dict[str, Any]
    events: list[OAuth2Event] = field(default_factory=list)
    attempt: int | None = None
    earlier: tuple[OAuth2Event, ...] = ()
    returned: bool = False
    result: Any = None


class _Kept:
    """The calls of all attempts of a request, in its environ."""

    def __init__(self) -> None:
        self.calls: list[_Call] = []
        self._attempt: int | None = None
        self._left: list[_Call] = []

    def find(self, attempt: int, name: str, arguments: dict[str, Any]) -> _Call | None:
        """Find the same call of an earlier attempt that this one has not made yet."""
        if self._attempt != attempt:
            self._attempt, self._left = attempt, list(self.calls)
        same = (call for call in self._left if (call.name, call.arguments) == (name, arguments))
        return next(same, None)

    def take(self, attempt: int, name: str, arguments: dict[str, Any]) -> _Call:
        """Return the same call of an earlier attempt, or a new one."""
        if call := self.find(attempt, name, arguments):
            self._left.remove(call)
            return call
        # Copied, since the view may change a list that it has passed.
        call = _Call(name, _copied(arguments))
        self.calls.append(call)
        return call

    def put_back(self, call: _Call) -> None:
        """Let the next same call of this attempt be this one, which raised an error."""
        self._left.insert(0, call)


class Journal:
    """The changes of one request. Without pyramid_retry, nothing is kept.

    A call that raised an error has changed a part at most. It is made again, at a later attempt
    after its events; and where the view calls it again within the attempt, that is the same call.

    :param rolled_back: the changes are part of the request's own transaction. Then each
        call is made again, and an event that was delivered before is redelivered.
    """

    def __init__(self, request: PyramidRequest, rolled_back: bool = False) -> None:
        self._request, self._rolled_back = request, rolled_back
        environ = request.environ
        self._kept = environ.setdefault(KEY, _Kept()) if ATTEMPT in environ else None
        self._call: _Call | None = None  # The one that is being made.

    def emit(self, event: OAuth2Event) -> None:
        """Deliver an event, and keep it."""
        if self._call is None:
            self._deliver(event)
        elif event not in self._call.earlier:
            self._call.events.append(event)
            self._deliver(event)
        elif self._rolled_back:
            self._deliver(event, redelivered=True)
        # Else it was redelivered before the call was made again.

    def run(self, name: str, arguments: dict[str, Any], change: Callable[[], Result]) -> Result:
        """Make a change, or return the kept result of the same one."""
        if self._kept is None:
            return change()
        attempt = self._request.environ[ATTEMPT]
        call = self._kept.take(attempt, name, arguments)
        if call.attempt != attempt:
            call.attempt, call.earlier = attempt, tuple(call.events)
            self._deliver_again(call)
        if call.returned and not self._rolled_back:
            kept: Result = _copied(call.result)
            return kept
        self._call = call
        try:
            result = change()
        except BaseException:
            self._kept.put_back(call)
            raise
        finally:
            self._call = None
        call.returned, call.result = True, _copied(result)
        return result

    def made_before(self, name: str, arguments: dict[str, Any]) -> Any:
        """The result of a call that only an earlier attempt has made so far.

        :return: None if there is none, or if it was rolled back.
        """
        if self._kept is None or self._rolled_back or self._call is not None:
            return None
        call = self._kept.find(self._request.environ[ATTEMPT], name, arguments)
        return None if call is None else _copied(call.result)

    def _deliver_again(self, call: _Call) -> None:
        if not self._rolled_back:
            for event in call.earlier:
                self._deliver(event, redelivered=True)

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


def _copied(value: Any) -> Any:
    """A copy; *value* itself if it cannot be copied, such as a read-only mapping."""
    if type(value) is dict:
        return {name: _copied(each) for name, each in value.items()}
    try:
        return deepcopy(value)
    except (TypeError, Error):
        return value

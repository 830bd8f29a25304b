"""Results that are stored for a request which is run again.

pyramid_retry runs a view again, with the same environ, when the application's
own transaction failed; by then our store has committed. Without this, a
successful redemption would look like a replay of itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from pyramid.response import Response

from ..events import OAuth2Event, notify
from ..protocol.errors import OAuth2Error
from ..protocol.events import Emit
from ..protocol.records import StoreUnavailable

Value = TypeVar("Value")

KEY = "pyramid_oauth2.finished"
DELIVERED = "pyramid_oauth2.delivered"


def finish(request: Any, value: Value) -> Value:
    """Store the result of a step that changed state, and return it."""
    request.environ[KEY] = value
    return value


def finished(request: Any) -> Any:
    """The result that an earlier attempt of this request stored, None at the first."""
    return request.environ.get(KEY)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a request, and the events that it emitted."""

    result: Response | OAuth2Error
    events: tuple[OAuth2Event, ...] = ()


def once_per_request(request: Any, respond: Callable[[Any, Emit], Response]) -> Response:
    """The response of *respond*, which is called at the first attempt only; deliver its events.

    The events are delivered at every attempt: what a subscriber wrote in a
    transaction that failed was rolled back with it.

    :raises OAuth2Error: *respond* raised it.
    """
    return delivered(request, finished(request) or finish(request, _outcome(request, respond)))


def delivered(request: Any, outcome: Outcome) -> Response:
    """Deliver the events of an outcome to the subscribers, and return its response.

    :raises OAuth2Error: the outcome is an error.
    """
    redelivered = DELIVERED in request.environ
    request.environ[DELIVERED] = True
    for event in outcome.events:
        notify(request.registry, replace(event, redelivered=redelivered), request)
    if isinstance(outcome.result, OAuth2Error):
        raise outcome.result
    return outcome.result.copy()


def _outcome(request: Any, respond: Callable[[Any, Emit], Response]) -> Outcome:
    events: list[OAuth2Event] = []
    try:
        response = respond(request, events.append)
    except StoreUnavailable:
        # What the earlier events report did happen, and there may be no second attempt.
        for event in events:
            notify(request.registry, event, request)
        raise
    except OAuth2Error as error:
        # Stored as well: a wrong code_verifier is counted once. Without its
        # traceback, which would keep the request of this attempt alive.
        return Outcome(error.with_traceback(None), tuple(events))
    return Outcome(response, tuple(events))

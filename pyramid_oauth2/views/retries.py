"""Answers that outlive a request which is run again.

pyramid_retry runs a view once more, with the same environ, when the
application's own transaction failed; by then our store has committed. Without
this, a good redemption would look like a replay of itself.
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
    """Keep what a step that changed state led to; return it."""
    request.environ[KEY] = value
    return value


def finished(request: Any) -> Any:
    """What an earlier attempt of this request kept, None at the first."""
    return request.environ.get(KEY)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a request came to, and what happened on the way."""

    result: Response | OAuth2Error
    events: tuple[OAuth2Event, ...] = ()


def once_per_request(request: Any, respond: Callable[[Any, Emit], Response]) -> Response:
    """The response of *respond*, which is called at the first attempt only; events are delivered.

    They are delivered at every attempt: what a subscriber wrote in a
    transaction that failed was rolled back with it.

    :raises OAuth2Error: what *respond* raised.
    """
    return delivered(request, finished(request) or finish(request, _outcome(request, respond)))


def delivered(request: Any, outcome: Outcome) -> Response:
    """The response of an outcome, once its events are delivered to the subscribers.

    :raises OAuth2Error: it is a refusal.
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
        # What happened before it happened, and there may be no second attempt.
        for event in events:
            notify(request.registry, event, request)
        raise
    except OAuth2Error as error:
        # Kept as well: a wrong code_verifier is counted once. Without its
        # traceback, which would keep the request of this attempt alive.
        return Outcome(error.with_traceback(None), tuple(events))
    return Outcome(response, tuple(events))

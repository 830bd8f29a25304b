"""Results that are stored for a request which is run again.

pyramid_retry runs a view again, with the same environ, when the application's
own transaction failed; by then our store has committed. Without this, a
successful redemption would look like a replay of itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pyramid.response import Response

from ..events import OAuth2Event, notify
from ..protection.request import Request
from ..protocol.errors import OAuth2Error
from ..protocol.events import Emit
from ..protocol.records import StoreUnavailable

KEY = "pyramid_oauth2.finished"
DELIVERED = "pyramid_oauth2.delivered"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a request, and the events that it emitted."""

    result: Response | OAuth2Error
    events: tuple[OAuth2Event, ...] = ()


def finish(request: Request, outcome: Outcome) -> Outcome:
    """Store the result of a step that changed state, and return it."""
    request.environ[KEY] = outcome
    return outcome


def finished(request: Request) -> Outcome | None:
    """The result that an earlier attempt of this request stored, None at the first."""
    outcome: Outcome | None = request.environ.get(KEY)
    return outcome


def once_per_request(request: Request, respond: Callable[[Request, Emit], Response]) -> Response:
    """The response of *respond*, which is called at the first attempt only; deliver its events.

    The events are delivered at every attempt: what a subscriber wrote in a
    transaction that failed was rolled back with it.

    :raises OAuth2Error: *respond* raised it.
    """
    return delivered(request, finished(request) or finish(request, _outcome(request, respond)))


def delivered(request: Request, outcome: Outcome) -> Response:
    """Deliver the events of an outcome to the subscribers, and return its response.

    :raises OAuth2Error: the outcome is an error.
    """
    deliver(request, outcome.events)
    if isinstance(outcome.result, OAuth2Error):
        raise outcome.result
    # What the application adds to the response at this attempt, such as a cookie, is not in
    # that of the next one. Without pyramid_retry there is none, and the copy costs ten
    # microseconds.
    return outcome.result.copy() if "retry.attempts" in request.environ else outcome.result


def deliver(request: Request, events: Iterable[OAuth2Event]) -> None:
    """Deliver events to the subscribers; from the second attempt on, they are redelivered."""
    redelivered = DELIVERED in request.environ
    request.environ[DELIVERED] = True
    for event in events:
        notify(request.registry, event, request, redelivered)


def _outcome(request: Request, respond: Callable[[Request, Emit], Response]) -> Outcome:
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

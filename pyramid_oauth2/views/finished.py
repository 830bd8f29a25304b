"""Answers that outlive a request which is run again.

pyramid_retry runs a view once more, with the same environ, when the
application's own transaction failed; by then our store has committed. Without
this, a good redemption would look like a replay of itself.
"""

from __future__ import annotations

from typing import Any, TypeVar

Value = TypeVar("Value")

KEY = "pyramid_oauth2.finished"


def finish(request: Any, value: Value) -> Value:
    """Keep what a step that changed state led to; return it."""
    request.environ[KEY] = value
    return value


def finished(request: Any) -> Any:
    """What an earlier attempt of this request kept, None at the first."""
    return request.environ.get(KEY)

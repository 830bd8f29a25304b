"""Known MCP clients, played on the application of a test.

::

    for step in play("claude", app, user="bob"):
        assert step.is_green, step
"""

from __future__ import annotations

from typing import Any

from ..known_clients import known_clients
from ..simulation.apis import api_at, apis_of
from ..simulation.play import play_in_process
from ..simulation.step import Step
from .application import registry_of

__all__ = ["Step", "play"]


def play(name: str, app: Any, user: str, resource: str | None = None) -> tuple[Step, ...]:
    """Let a client connect to an API of the application, from its first request to the last.

    The stores of the application are not written, and no event is emitted.

    :param name: of the client, such as ``claude`` or ``cursor``.
    :param app: the application that ``make_wsgi_app`` returned, or its registry.
    :param user: who signs in and allows it, by the value that ``subject`` of the resource owners
        returns.
    :param resource: the URL of the API that a person types; None if the application has one.
    :return: the steps, in their order. After one that is refused, none is reached.
    :raises ValueError: there is no such client, or the application has several APIs.
    :raises TypeError: *app* is something else; the message says what is wanted.
    """
    registry = registry_of(app)
    client = known_clients().get(name)
    if client is None:
        raise ValueError(f"unknown client: {name}; known: {', '.join(known_clients())}")
    apis = apis_of(registry) if resource is None else (api_at(registry, resource),)
    if len(apis) > 1:
        known = ", ".join(each.url for each in apis)
        raise ValueError(f"the application has several APIs: name the resource: {known}")
    return play_in_process(registry, client, apis[0], user)

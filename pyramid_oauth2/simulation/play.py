"""A client that connects to an API: every step, in its order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ..interfaces import ISettings
from ..known_clients import KnownClient
from .apis import API
from .code_flow import authorize, consent, redeem, sign_in
from .conversation import Conversation
from .cures import cures_of
from .discovery import challenge, resource_metadata, server_metadata
from .identity import identify
from .in_process import InProcess
from .set_up import examine
from .signed import METHOD
from .signed_in import GUEST
from .step import (
    NOT_REACHED,
    PASSED,
    REFUSED,
    SKIPPED,
    Step,
    StepRefused,
    StepSkipped,
)
from .throw_away import throw_away_service
from .use import call, refresh, revoke, sign

Action = Callable[[Conversation], str]
Steps = tuple[tuple[str, Action], ...]

PUBLIC_STEPS: Steps = (
    ("set-up", examine),
    ("challenge", challenge),
    ("metadata of the API", resource_metadata),
    ("metadata of the server", server_metadata),
    ("client", identify),
    ("login", sign_in),
)
"""Those that need no user."""

STEPS: Steps = (
    *PUBLIC_STEPS,
    ("authorization", authorize),
    ("consent", consent),
    ("token", redeem),
    ("call of the API", call),
    ("refresh", refresh),
    ("revocation", revoke),
)


def steps_of(client: KnownClient) -> Steps:
    """The steps of a client: one that can sign does so at the end."""
    return (*STEPS, ("signature", sign)) if METHOD in client.methods else STEPS


def played(conversation: Conversation, steps: Steps) -> tuple[Step, ...]:
    """Play the steps, until one is refused."""
    return tuple(_played(conversation, steps))


def play_in_process(
    registry: Any, client: KnownClient, api: API, subject: str = GUEST
) -> tuple[Step, ...]:
    """Play a client on an application, whose stores have nothing of it afterwards.

    :param registry: of the application, which may serve others meanwhile.
    :param subject: the user who is signed in; :data:`~.signed_in.GUEST`: none of its own.
    :raises pyramid.exceptions.ConfigurationError: the application is no authorization server.
    :raises StoreUnavailable: its own store cannot be read.
    """
    settings = registry.getUtility(ISettings)
    with throw_away_service(registry, client, subject) as stage:
        agent = InProcess(stage.registry, stage.owners)
        conversation = Conversation(
            client, agent, api, settings, pinned=stage.pinned, added=stage.added
        )
        return played(conversation, steps_of(client))


def _played(c: Conversation, steps: Steps) -> Iterator[Step]:
    refused = False
    for name, action in steps:
        if refused:
            yield Step(name, NOT_REACHED)
            continue
        try:
            text = action(c)
            yield Step(name, PASSED, text, cures=c.left_to_do)
            c.left_to_do = ()
        except StepSkipped as skipped:
            yield Step(name, SKIPPED, str(skipped))
        except StepRefused as error:
            refused = True
            cures = error.cures
            if not cures and error.refusal is not None:
                cures = cures_of(error.refusal, c)
            yield Step(name, REFUSED, str(error), error.refusal, cures)

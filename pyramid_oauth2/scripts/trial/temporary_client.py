"""A client that exists for one trial only."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ...protocol.clients.registry import ClientRegistry, UnknownClient
from ...protocol.clients.rules import InvalidClientMetadata
from ...protocol.clients.source import REGISTERED, SOURCE, source_of
from ...protocol.records import Client, StoreUnavailable
from .failure import TrialFailed
from .trial_client import CODE, NONE, REDIRECT_URI, TrialClient

NAME = "poauth2 try"
MOST_SECONDS = 3600  # of a trial; an older client was left by one that was killed
# Windows has no SIGHUP.
ENDING = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]


@contextmanager
def temporary_client(
    registry: ClientRegistry, grant_type: str, scope: frozenset[str]
) -> Iterator[TrialClient]:
    """Register a client for the time of the trial: a native app, or a machine.

    Its deletion at the end ends its tokens as well, also if the process is asked to end. What a
    killed one has left is deleted by the next trial.

    :raises TrialFailed: the settings of the server do not allow such a client.
    """
    _delete_left_over(registry)
    with _signals_interrupt():
        client = _register(registry, grant_type, scope)
        try:
            yield client
        finally:
            _delete(registry, client.client.client_id)


def _register(registry: ClientRegistry, grant_type: str, scope: frozenset[str]) -> TrialClient:
    metadata: dict[str, Any] = {"client_name": NAME, "grant_types": (grant_type,), "scope": scope}
    # No operator has looked at it, and no user's consent to it is of use later.
    metadata |= {SOURCE.name: REGISTERED, "consent": "ask"}
    if grant_type == CODE:
        metadata |= {"redirect_uris": (REDIRECT_URI,), "token_endpoint_auth_method": NONE}
    try:
        registered = registry.add(**metadata)
    except InvalidClientMetadata as invalid:
        problems = "; ".join(invalid.problems.values())
        raise TrialFailed(f"no client can be registered: {problems}") from None
    return TrialClient(registered.client, registered.secret)


def _delete(registry: ClientRegistry, client_id: str) -> None:
    try:
        registry.delete(client_id)
    except UnknownClient:
        pass
    except StoreUnavailable as unavailable:
        # Printed, and not raised: the trial may have failed for another reason.
        print(
            f"poauth2: the client of the trial could not be deleted ({unavailable}). "
            f"Delete it: poauth2 INI client delete {client_id}",
            file=sys.stderr,
        )


def _delete_left_over(registry: ClientRegistry) -> None:
    for client in registry.search(prefix=NAME).items:
        if _is_left_over(client):
            _delete(registry, client.client_id)


def _is_left_over(client: Client) -> bool:
    # One with an owner is a user's.
    ours = client.client_name == NAME and client.owner is None and source_of(client) == REGISTERED
    return ours and client.created_at < time.time() - MOST_SECONDS


@contextmanager
def _signals_interrupt() -> Iterator[None]:
    """Let the signals that ask a process to end interrupt it, so that the block is left."""
    before = {number: signal.signal(number, _interrupt) for number in ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt

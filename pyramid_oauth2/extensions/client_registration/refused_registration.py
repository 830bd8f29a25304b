"""Refused requests of registration, as the operator's log has them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ...protocol.endpoints import EndpointRequest
from ...protocol.errors import OAuth2Error
from ...protocol.events import RegistrationRefused

# Too many requests are an event of their own; that a store is away is in the log of errors.
OTHERWISE = (429, 503)


@contextmanager
def reported(request: EndpointRequest, client_id: str | None = None) -> Iterator[None]:
    """Emit an event for a refusal within the block: its response goes to a client that no one sees.

    :param client_id: of the client that has proven itself; None for one that registers.
    """
    try:
        yield
    except OAuth2Error as error:
        if error.status not in OTHERWISE:
            refused = RegistrationRefused(
                client_id=client_id, error=error.code, refusal=error.refusal
            )
            request.emit(refused)
        raise

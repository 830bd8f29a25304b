"""The client that a resolver is to find."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ..records import Client

Count = Callable[[], None]
"""To be called before another machine is asked; raises ``TemporarilyUnavailable`` (429)."""


@dataclass(frozen=True, slots=True)
class ClientLookup:
    """What a resolver is asked for, for a user who is signed in.

    :param stored: the client, if a resolver has found it before and a user has allowed it
        something. What is returned replaces it once a user allows that.
    :param count: to be called before another machine is asked: it limits what one user, and
        one address, can cause.
    """

    client_id: str
    stored: Client | None
    count: Count = field(repr=False)

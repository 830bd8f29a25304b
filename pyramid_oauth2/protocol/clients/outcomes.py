"""What becomes of a change of a client: its result, and why there is none."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..masking import shown
from ..records import Client


class UnknownClient(LookupError):
    """No client of that client_id is registered.

    :ivar client_id: the one that was asked for.
    """

    def __init__(self, client_id: str) -> None:
        super().__init__(f"There is no such client: {shown(client_id)}")
        self.client_id = client_id


class ClientChangedMeanwhile(Exception):
    """The client was changed since it was read. Nothing was written; read it again."""


@dataclass(frozen=True, slots=True)
class Registered:
    """A client, and its new secret in clear text, which is not stored anywhere.

    ``secret`` is None for a client that does not authenticate by one.
    """

    client: Client
    secret: str | None = field(repr=False)

"""What a request presents to authenticate its client."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a request presents by one authentication method."""

    method: str
    client_id: str
    secret: str = field(default="", repr=False)

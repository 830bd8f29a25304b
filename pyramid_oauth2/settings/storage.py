"""Where state lives."""

from __future__ import annotations

from dataclasses import dataclass

from .declaration import REQUIRED, setting
from .types import AUTHORIZATION_SERVER, backend_name, boolean, seconds


@dataclass(frozen=True)
class StorageSettings:
    """Where state lives.

    For an authorization server: a resource server keeps nothing.
    """

    backend: str = setting(
        backend_name,
        REQUIRED,
        "Where state lives: sqlalchemy, redis, memory (for tests), or the dotted name of a "
        "backend of your own.",
        mode=AUTHORIZATION_SERVER,
    )
    backend_clients: str | None = setting(
        backend_name,
        None,
        "Another backend for the clients. Default: oauth2.backend.",
        key="backend.clients",
    )
    backend_grants: str | None = setting(
        backend_name,
        None,
        "Another backend for grants and tokens. Default: oauth2.backend.",
        key="backend.grants",
    )
    backend_consents: str | None = setting(
        backend_name,
        None,
        "Another backend for remembered consent. Default: oauth2.backend.",
        key="backend.consents",
    )
    client_cache: int = setting(
        seconds,
        2,
        "For how many seconds a process may believe what it knows of a client: the time after "
        "which a disabled one stops everywhere. 0 reads the store every time.",
    )
    read_only: bool = setting(
        boolean,
        False,
        "Whether tokens are checked, and nothing is written: whoever wants a new one, or to revoke "
        "one, is told to come again (503). For the time in which poauth2 copy moves the state.",
    )

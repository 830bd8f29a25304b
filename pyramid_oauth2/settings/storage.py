"""The settings of the stores."""

from __future__ import annotations

from dataclasses import dataclass

from .declaration import REQUIRED, setting
from .types import AUTHORIZATION_SERVER, backend_name, boolean, seconds


@dataclass(frozen=True, init=False, repr=False, eq=False)
class StorageSettings:
    """Storage.

    For an authorization server; a resource server stores nothing.
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
        "The backend for clients, if it differs. Default: oauth2.backend.",
        key="backend.clients",
        mode=AUTHORIZATION_SERVER,
    )
    backend_grants: str | None = setting(
        backend_name,
        None,
        "The backend for grants and tokens, if it differs. Default: oauth2.backend.",
        key="backend.grants",
        mode=AUTHORIZATION_SERVER,
    )
    backend_consents: str | None = setting(
        backend_name,
        None,
        "The backend for remembered consent, if it differs. Default: oauth2.backend.",
        key="backend.consents",
        mode=AUTHORIZATION_SERVER,
    )
    backend_entries: str | None = setting(
        backend_name,
        None,
        "The backend for small records of features, such as keys and sessions, if it differs. "
        "Default: oauth2.backend. It is used only if a feature stores such records.",
        key="backend.entries",
        mode=AUTHORIZATION_SERVER,
    )
    client_cache: int = setting(
        seconds,
        2,
        "For how many seconds a process may cache a client: after that time, a disabled client is "
        "refused by every process. 0 reads the store every time.",
        mode=AUTHORIZATION_SERVER,
    )
    read_only: bool = setting(
        boolean,
        False,
        "Whether the stores are read-only. Tokens are still validated; a request for a new token, "
        "or to revoke one, gets 503 and may be retried. Set it while poauth2 copy moves the data.",
        mode=AUTHORIZATION_SERVER,
    )

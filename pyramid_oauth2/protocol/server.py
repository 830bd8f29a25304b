"""The authorization server as the protocol sees it: what is registered, and where state is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .client_cache import ClientCache
from .opaque import RandomBytes
from .records import ACCESS_TOKEN, Client

if TYPE_CHECKING:
    from ..interfaces import (
        IClientAuthentication,
        IConsentStore,
        IGrantStore,
        IGrantType,
        IScope,
    )


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long things live, in seconds."""

    access_token: int
    public_access_token: int
    grant: int

    def of_access_token(self, client: Client) -> int:
        """The life of an access token for *client*: its own, or that of its kind."""
        default = self.public_access_token if client.public else self.access_token
        return client.lifetimes.get(ACCESS_TOKEN, default)


@dataclass(frozen=True, slots=True)
class AuthorizationServer:
    """Everything that the protocol needs of the outside, in one value made at start-up.

    ``grant_types`` are the enabled ones by their ``grant_type``,
    ``client_authentications`` the registered ones by their method.
    ``default_scopes`` is None where none are set. ``clock`` returns integer
    UTC seconds.
    """

    issuer: str
    require_https: bool
    scopes: Mapping[str, IScope]
    default_scopes: frozenset[str] | None
    lifetimes: Lifetimes
    grant_types: Mapping[str, IGrantType]
    client_authentications: Mapping[str, IClientAuthentication]
    clients: ClientCache
    grants: IGrantStore
    consents: IConsentStore
    clock: Callable[[], int]
    random: RandomBytes

    @property
    def known_scopes(self) -> frozenset[str]:
        """The names of all scopes."""
        return frozenset(self.scopes)

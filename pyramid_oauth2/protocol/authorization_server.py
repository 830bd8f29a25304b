"""The authorization server with what was registered for it: grant types, client authentication."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .server import Server

if TYPE_CHECKING:
    from ..interfaces.extension import IClientAuthentication, IGrantType


@dataclass(frozen=True, slots=True)
class AuthorizationServer(Server):
    """The server as its endpoints see it.

    What is registered gets a :class:`~.server.Server`, and is typed against that:
    no plug-in depends on another.
    """

    grant_types: Mapping[str, IGrantType]
    client_authentications: Mapping[str, IClientAuthentication]

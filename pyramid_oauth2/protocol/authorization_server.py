"""The authorization server with what was registered for it."""

from __future__ import annotations

from dataclasses import dataclass, field

from .plug_ins import Factories, PlugIns
from .server import Server


@dataclass(frozen=True, slots=True)
class AuthorizationServer(Server):
    """The server as its endpoints see it.

    What is registered gets a :class:`~.server.Server`, and is typed against that:
    no plug-in depends on another. A changed copy of the server has plug-ins of its own.

    :raises ValueError: two plug-ins contradict each other.
    """

    factories: Factories = field(kw_only=True)
    plug_ins: PlugIns = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "plug_ins", PlugIns.made(self.factories, self))

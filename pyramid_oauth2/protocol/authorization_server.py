"""The authorization server with what was registered for it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .http import MAX_BODY
from .parameters import CORE_RULES
from .plug_ins import Factories, PlugIns
from .records import Client
from .server import Server

if TYPE_CHECKING:
    from ..interfaces.sessions import ISessions
    from ..interfaces.signer import ISigner


# Never compared or shown: the class takes 0.4 ms of a start less.
@dataclass(frozen=True, slots=True, repr=False, eq=False)
class AuthorizationServer(Server):
    """The server as its endpoints see it.

    What is registered gets a :class:`~.server.Server`, and is typed against that:
    no plug-in depends on another. A changed copy of the server has plug-ins of its own.
    Of ``response_types``, those are left out that no grant type would redeem, or that no
    request can name.

    :raises ValueError: two plug-ins contradict each other.
    """

    factories: Factories = field(kw_only=True)
    plug_ins: PlugIns = field(init=False, repr=False)

    def __post_init__(self) -> None:
        rules = CORE_RULES.limited(self.max_parameter_length, self.known_scopes, MAX_BODY)
        plug_ins = PlugIns.made(self.factories, self, rules)
        object.__setattr__(self, "plug_ins", plug_ins)
        object.__setattr__(self, "understood", plug_ins.understood())
        object.__setattr__(self, "response_types", frozenset(self._usable(plug_ins)))

    @property
    def endpoints(self) -> Collection[str]:
        """The names of the registered endpoints."""
        return self.factories.endpoints.keys()

    @property
    def signer(self) -> ISigner | None:
        """What signs for the server; None if nothing can."""
        return self.plug_ins.signer

    @property
    def sessions(self) -> ISessions | None:
        """What keeps the sessions of users; None if nothing does."""
        return self.plug_ins.sessions

    def subject_for(self, client: Client, subject: str) -> str:
        """The identifier by which *client* knows a user.

        :raises StoreUnavailable: it is not known now.
        """
        subjects = self.plug_ins.subjects
        return subject if subjects is None else subjects.subject_for(client, subject)

    def has_secret(self, client: Client) -> bool:
        """Whether a client authenticates by a secret.

        If its method is not registered any more, its secrets are left as they are.
        """
        method = self.plug_ins.client_authentications.get(client.token_endpoint_auth_method)
        return not client.public if method is None else method.by_secret

    def _usable(self, plug_ins: PlugIns) -> Iterator[str]:
        # Start-up refuses a name that is not registered, with a message of its own.
        for name in self.response_types & plug_ins.response_types.keys():
            response_type = plug_ins.response_types[name]
            # A code that no grant type redeems would be useless.
            redeems = not response_type.redeemed or response_type.grant_type in self.grant_types
            if redeems and response_type.default_mode is not None:
                yield name

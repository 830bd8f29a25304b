"""What an authorization request of OpenID Connect says beside OAuth (Core section 3.1.2.1)."""

from __future__ import annotations

from typing import Any

from zope.interface import implementer

from ..interfaces.authorization import IAuthorizationRequestExtension
from ..interfaces.server import IServer
from ..protocol.access import Access
from ..protocol.authorization.user_demand import UserDemand
from ..protocol.errors import InvalidRequest
from ..protocol.http import Parameters
from ..protocol.parameters import Parameter
from ..protocol.records import Client
from ..protocol.refusal import Refusal
from .scopes import OPENID

MAX_NONCE = 512

NONCE = Refusal("nonce_length", "OpenID Connect Core section 3.1.2.1", decided_by="request")


class Unseen:
    """A value that the user need not allow, so no page shows it."""

    critical = False
    parameters: tuple[Parameter, ...] = ()

    def __init__(self, server: IServer, settings: object = None) -> None:
        pass

    def demands(self, value: Any) -> UserDemand | None:
        """Nothing of the user."""
        return None

    def blocks(self, value: Any) -> tuple[()]:
        """Nothing: the scope has a description."""
        return ()

    def covered_by(self, remembered: Any, value: Any) -> bool:
        """There is nothing to allow."""
        return True

    def remember(self, value: Any, remembered: Any) -> Any:
        """Nothing new."""
        return remembered


@implementer(IAuthorizationRequestExtension)
class OpenID(Unseen):
    """Whether the request is one of OpenID Connect: for as long as its grant lives.

    A grant that has the scope by another way, such as a password, has no ID token.
    """

    place = "grant"

    def read(self, parameters: Parameters, client: Client, access: Access) -> bool | None:
        """True if it has the scope ``openid``."""
        return True if OPENID in access.scope else None


@implementer(IAuthorizationRequestExtension)
class Nonce(Unseen):
    """The ``nonce``: in the ID token of the code alone (Core section 12.2)."""

    place = "code"
    parameters = (Parameter("nonce"),)

    def read(self, parameters: Parameters, client: Client, access: Access) -> str | None:
        """Its text; None if no ID token would have it.

        :raises InvalidRequest: it is too long for a record.
        """
        nonce = parameters.once("nonce")
        if nonce is None or OPENID not in access.scope:
            return None
        if len(nonce) > MAX_NONCE:
            raise InvalidRequest(
                f"The nonce is longer than {MAX_NONCE} characters.",
                refusal=NONCE.comparing(length=len(nonce)),
            )
        return nonce

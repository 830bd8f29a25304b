"""The parameter ``id_token_hint``: the user whom the client expects (Core section 3.1.2.1)."""

from __future__ import annotations

from zope.interface import implementer

from ..interfaces.authorization import IAuthorizationRequestExtension
from ..interfaces.server import IServer
from ..jose.refused import JWTRefused
from ..jose.uses import ID_TOKEN_HINT
from ..protocol.access import Access
from ..protocol.authorization.user_demand import UserDemand
from ..protocol.errors import InvalidRequest
from ..protocol.http import Parameters
from ..protocol.parameters import Parameter
from ..protocol.records import Client
from .hint import read_hint
from .request_extensions import Unseen
from .scopes import OPENID

HINT = Parameter("id_token_hint", max_length=ID_TOKEN_HINT.max_length)


@implementer(IAuthorizationRequestExtension)
class IDTokenHint(Unseen):
    """The demand for the user of an earlier ID token. It signs no user in."""

    place = "request"
    parameters = (HINT,)

    def __init__(self, server: IServer, settings: object = None) -> None:
        self._server = server

    def read(self, parameters: Parameters, client: Client, access: Access) -> str | None:
        """The ``sub`` in it.

        :raises InvalidRequest: it is no ID token that this server issued to the client. To ignore
            it could sign in another user than the client expects.
        :raises StoreUnavailable: the keys are not known now.
        """
        value = parameters.once(HINT.name)
        if value is None or OPENID not in access.scope:
            return None
        try:
            return read_hint(self._server, value, client).sub
        except JWTRefused as error:
            raise InvalidRequest(
                "The id_token_hint is not an ID token that this client got here, or is too old.",
                refusal=error.refusal,
            ) from None

    def demands(self, value: str) -> UserDemand:
        """That user."""
        return UserDemand(sub=value)

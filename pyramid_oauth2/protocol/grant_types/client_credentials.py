"""The client acts for itself (RFC 6749 section 4.4)."""

from __future__ import annotations

from zope.interface import implementer

from ...interfaces.extension import IGrantType
from ..errors import UnauthorizedClient
from ..parameters import Parameter
from ..refusal import Refusal
from ..requested_access import requested_access
from ..server import Server
from ..token.issuance import Issuance
from ..token.request import TokenRequest

CONFIDENTIAL = Refusal(
    "client_confidential", "RFC 6749 section 4.4", decided_by="client.token_endpoint_auth_method"
)


@implementer(IGrantType)
class ClientCredentials:
    """``grant_type=client_credentials``: no user, so no subject and no refresh token."""

    parameters = (Parameter("scope"),)

    def __init__(self, server: Server, settings: object = None) -> None:
        self._server = server

    def validate(self, request: TokenRequest) -> Issuance:
        """An access token that stands alone.

        RFC 6749 section 4.4.3: "A refresh token SHOULD NOT be included."

        :raises UnauthorizedClient: it is a public client.
        :raises InvalidScope: it may not have what it requests.
        """
        if request.client.public:
            # RFC 6749 section 4.4: "The client credentials grant type MUST only
            # be used by confidential clients."
            raise UnauthorizedClient(
                "A public client cannot use the client_credentials grant.", refusal=CONFIDENTIAL
            )
        return Issuance(requested_access(self._server, request.client, request.parameters))

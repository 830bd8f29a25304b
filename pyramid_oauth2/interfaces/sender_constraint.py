"""How a plug-in binds tokens to a key of their client (RFC 7800)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from zope.interface import Attribute, Interface

if TYPE_CHECKING:
    from ..protocol.errors import OAuth2Error
    from ..protocol.http import HTTPRequest
    from ..protocol.parameters import Parameter
    from ..protocol.records import Client
    from ..protocol.token.confirmation import Confirmation, Proof
    from ..protocol.token.presentation import Presentation


class ISenderConstraint(Interface):
    """Binds tokens to a key of the client, which it must prove to possess.

    Registered with ``config.add_oauth2_sender_constraint``. What is bound cannot be used
    without the proof: the core compares it before anything is spent.
    """

    scheme: str | None = Attribute(
        "the scheme of the Authorization header of bound tokens, such as ``DPoP``, which is also "
        "their ``token_type``; None for Bearer"
    )
    members: tuple[str, ...] = Attribute("the confirmation members that it checks (RFC 7800)")
    parameters: tuple[Parameter, ...] = Attribute(
        "the parameters of an authorization request that bind its code in advance"
    )

    def required(client: Client) -> bool:
        """Whether every access token of that client is bound.

        The core then refuses a request of the client to its endpoints without a proof, and a
        response type that would give it an access token at the authorization endpoint.
        """

    def confirm(http: HTTPRequest, client: Client) -> Proof | None:
        """What a request to an endpoint for clients proves; called once for each.

        The access token is bound to it, and the refresh token of a public client too. That
        of a confidential client is bound to the client, which authenticates.

        :return: None if the request has no proof.
        :raises OAuth2Error: the proof is wrong.
        """

    def requested(parameters: Mapping[str, str]) -> Mapping[str, str]:
        """The confirmation members to which those parameters bind the code.

        :raises OAuth2Error: they are malformed; sent to the client by a redirect.
        """

    def check(confirmation: Confirmation, presentation: Presentation) -> Proof:
        """What a request to a protected resource proves.

        :param confirmation: to what the access token is bound.
        :return: a proof whose confirmation has all of :attr:`members` that the token has. A
            proof that may be used once has a reservation.
        :raises OAuth2Error: there is no proof, or it is wrong.
        """

    def mismatch(presentation: Presentation | None) -> OAuth2Error:
        """The error for a request that proves another key than the one required, or none.

        :param presentation: of the access token at a protected resource; None at an endpoint
            for clients, where the client needs a proof, or spends a code or a refresh token.
        """

    def challenge() -> Mapping[str, str]:
        """The parameters of its challenge, such as ``algs`` (RFC 9449 section 7.1).

        Not asked if :attr:`scheme` is None.
        """

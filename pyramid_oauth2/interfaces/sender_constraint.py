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

    def confirm(http: HTTPRequest, client: Client) -> Proof | None:
        """What a request to an endpoint for clients proves; called once for each.

        :return: None if the request has no proof.
        :raises OAuth2Error: the proof is wrong, or the client needs one.
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

    def mismatch() -> OAuth2Error:
        """The error for a request that proves another key than the one required, or none."""

    def challenge() -> Mapping[str, str]:
        """The parameters of its challenge, such as ``algs`` (RFC 9449 section 7.1)."""

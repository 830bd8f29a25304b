"""What a plug-in supplies to access tokens: their form, their binding, and members beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from zope.interface import Attribute, Interface

if TYPE_CHECKING:
    from ..protocol.access import Access
    from ..protocol.errors import OAuth2Error
    from ..protocol.http import HTTPRequest
    from ..protocol.parameters import Parameter
    from ..protocol.records import Client, TokenRef
    from ..protocol.token.confirmation import Confirmation, Proof
    from ..protocol.token.issuance import Issuing
    from ..protocol.token.presentation import Presentation
    from ..protocol.token_strings import NewToken


class IAccessTokenFormat(Interface):
    """What an access token string looks like.

    Registered with ``config.add_oauth2_access_token_format``. Every access token has a record
    in the grant store, in each format.
    """

    def suits(client: Client, access: Access) -> bool:
        """Whether access tokens for that client and access are of this format."""

    def recognises(value: str) -> bool:
        """Whether a string looks like a token of this server. No I/O, and no proof of anything."""

    def make(family: str, claims: Callable[[], Mapping[str, Any]]) -> NewToken:
        """A new token string, and where its record is stored.

        :param family: of the token's record; :meth:`reference` must find it in the string.
        :param claims: returns what the token says, by the names of RFC 9068 section 2.2.
        """

    def reference(value: str) -> TokenRef | None:
        """Where the record of a token string is stored; None if it is not of this format."""


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


class ITokenResponseExtension(Interface):
    """Adds members to token responses, such as ``id_token``.

    Registered with ``config.add_oauth2_token_response``. What it adds is sealed with the
    response: if a refresh is repeated, the response is the same, byte for byte.
    """

    names: tuple[str, ...] = Attribute("the names of all members that it may add")

    def members(issuing: Issuing) -> Mapping[str, Any]:
        """The members for one response, as JSON has them; empty if it has none."""

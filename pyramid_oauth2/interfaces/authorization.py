"""What a plug-in supplies to the authorization endpoint."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from zope.interface import Attribute, Interface

if TYPE_CHECKING:
    from ..protocol.access import Access
    from ..protocol.authorization.authorization_request import AuthorizationRequest
    from ..protocol.authorization.client_lookup import ClientLookup
    from ..protocol.authorization.consent_block import ConsentBlock
    from ..protocol.authorization.source import SourcedParameters, StoredRequest
    from ..protocol.authorization.user_demand import UserDemand
    from ..protocol.http import Parameters
    from ..protocol.parameters import Parameter
    from ..protocol.records import Client
    from ..protocol.token.product import Product


class IResponseType(Interface):
    """One ``response_type`` of the authorization endpoint (RFC 6749 section 3.1.1).

    Registered with ``config.add_oauth2_response_type``; its name has no space.
    """

    grant_type: str = Attribute("the grant type that a client needs for it")
    redeemed: bool = Attribute(
        "whether the client redeems the response at the token endpoint, with that grant type; "
        "otherwise it has the access token by then"
    )
    default_mode: str | None = Attribute(
        "the ``response_mode`` of a request without one, ``query`` or ``fragment``; None if no "
        "response is sent to the client, and no authorization request can name the type"
    )
    fragment_only: bool = Attribute(
        "whether a response must not be in a query, which logs and histories store; True if "
        "nothing is redeemed"
    )
    pkce: bool = Attribute("whether the request has a ``code_challenge`` (RFC 7636 section 4.3)")

    def product(request: AuthorizationRequest, family: str) -> Product | None:
        """What an approval puts in the place of the request; None for the access token itself.

        It is None if and only if :attr:`redeemed` is false.

        :param request: what the user allowed.
        :param family: of the grant that is opened, and of every record of it.
        """


class IAuthorizationRequestExtension(Interface):
    """Reads parameters of an authorization request that the core does not know: a ``nonce``.

    Registered with ``config.add_oauth2_request_extension``. What it reads is a value under the
    name of its registration. The value is stored with the request, and then stays in one
    place; an extension that needs both places is registered twice, by two names.
    """

    parameters: tuple[Parameter, ...] = Attribute(
        "the parameters that it reads; none is a secret, for the request is in a URL"
    )
    place: str = Attribute(
        "where the value stays: ``code``, in what the client redeems, for the response to that "
        "alone; ``grant``, for as long as the grant lives; or ``request``, until the decision"
    )
    critical: bool = Attribute(
        "whether a record with the value must not be used where the extension is not "
        "registered; otherwise the value is ignored there"
    )

    def read(parameters: Parameters, client: Client, access: Access) -> Any:
        """The value, as JSON has it; None if the request has none.

        :param parameters: those of :attr:`parameters` that the request has.
        :param access: what is requested.
        :raises OAuth2Error: the request is refused; sent to the client.
        """

    def demands(value: Any) -> UserDemand | None:
        """What the value demands of the user; None if it demands nothing.

        A user of whom it is not true has to log in, or to change the account. All demands of
        a request count together, with its own ``max_age``: a client cannot loosen one.
        """

    def blocks(value: Any) -> Iterable[ConsentBlock]:
        """What the consent page says about the value, below the scopes; may be nothing."""

    def covered_by(remembered: Any, value: Any) -> bool:
        """Whether the user has allowed the value before, so that they need not be asked.

        Asked if there is a value, or something is remembered.

        :param remembered: what :meth:`remember` returned; None if there is nothing.
        :param value: None if the request has none: what limits an access must not be
            missing unseen.
        """

    def remember(value: Any, remembered: Any) -> Any:
        """What is stored with the consent once the user has allowed the value, as JSON.

        Scopes that were allowed before count further only if this is equal to *remembered*;
        otherwise it is asked again, with None, and the decision replaces the earlier one.

        :param remembered: what they allowed before, which the consent still has; None if
            there is nothing.
        :return: None if nothing is stored.
        """


class IAuthorizationRequestSource(Interface):
    """Reads an authorization request that comes by another way than its parameters (RFC 9101).

    Registered with ``config.add_oauth2_request_source``. The parameters beside it count for
    nothing, except ``client_id``, which must be that of the request.
    """

    parameter: Parameter = Attribute("such as ``request`` or ``request_uri``; no secret")

    def read(value: str, client: Client) -> SourcedParameters | StoredRequest:
        """The parameters, or where the core has stored the request.

        :param client: the client that ``client_id`` names; nothing proves that it sent this.
        :raises OAuth2Error: it cannot be read.
        """


class IClientResolver(Interface):
    """Finds clients that the client store does not have, and what has changed about them since.

    Registered with ``config.add_oauth2_client_resolver``. It is asked where an authorization
    request begins, for a user who is signed in, and never for a client that is disabled or
    was deleted. A client that it finds is added to the store when a user allows it something, as
    one that no operator has checked (its ``source`` is ``document``).
    """

    def recognises(client_id: str) -> bool:
        """Whether a client_id looks like one for this resolver. No I/O."""

    def resolve(lookup: ClientLookup) -> Client | None:
        """The client of that identifier; None if there is none.

        It may be asked more than once for one request. What it returns is stored with the
        request, and the decision of the user is about that, also if the client changes meanwhile.

        :raises OAuth2Error: it cannot be found now; shown on a page.
        """

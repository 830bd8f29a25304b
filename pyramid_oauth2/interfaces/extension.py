"""What a plug-in supplies to the protocol: grant types, client authentication, settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from zope.interface import Attribute, Interface

if TYPE_CHECKING:
    from ..protocol.client_authentication.credentials import Credentials
    from ..protocol.http import HTTPRequest
    from ..protocol.records import Client
    from ..protocol.server import Server
    from ..protocol.token.issuance import Issuance
    from ..protocol.token.request import TokenRequest


class IGrantType(Interface):
    """One ``grant_type`` of the token endpoint.

    Registered with ``config.add_oauth2_grant_type``.
    """

    parameters = Attribute(
        "the :class:`~pyramid_oauth2.protocol.token.request.Parameter` objects that it reads"
    )

    def validate(request: TokenRequest, server: Server) -> Issuance:
        """Check everything that can be checked before a token is made; issue nothing.

        :return: what to issue; the token endpoint issues it.
        :raises OAuth2Error: the request is refused.
        """


class IClientAuthentication(Interface):
    """One ``token_endpoint_auth_method``.

    Registered with ``config.add_oauth2_client_authentication``.
    """

    def credentials(http: HTTPRequest, form: Mapping[str, str]) -> Credentials | None:
        """What the request presents by this method; None if it does not use it.

        :raises OAuth2Error: it uses the method, but wrongly.
        """

    def verify(credentials: Credentials, client: Client | None, now: int) -> bool:
        """Whether the credentials are the client's.

        Must cost the same for an unknown client (None) as for a known one. It is
        asked again for the same request if the client was changed meanwhile.
        """


class ISettingsPrefix(Interface):
    """The keys below one prefix that an extension declared (``config.add_oauth2_settings``)."""

    keys = Attribute("the key names, or None if every key passes through")

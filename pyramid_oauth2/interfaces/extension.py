"""What a plug-in supplies to the protocol: grant types, client authentication, policies.

A directive takes a *factory*, a class or a function. It is called with the server and
the settings once, at start-up::

    def badge_grant(server: IServer, settings: Settings) -> IGrantType: ...
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from zope.interface import Attribute, Interface

if TYPE_CHECKING:
    from ..protocol.client_authentication.credentials import Authenticated, Credentials
    from ..protocol.http import HTTPRequest
    from ..protocol.parameters import Parameter
    from ..protocol.records import Client
    from ..protocol.refusal import Refusal
    from ..protocol.token.issuance import Issuance
    from ..protocol.token.request import TokenRequest
    from ..settings import Settings
    from .server import IServer


class IPlugInFactory(Interface):
    """Makes a plug-in at start-up; registered by a directive."""

    def __call__(server: IServer, settings: Settings) -> object:
        """The plug-in.

        :param server: the :class:`~pyramid_oauth2.interfaces.IServer`.
        :param settings: the parsed :class:`~pyramid_oauth2.settings.Settings`.
        """


class IGrantType(Interface):
    """One ``grant_type`` of the token endpoint.

    Registered with ``config.add_oauth2_grant_type``.
    """

    parameters: tuple[Parameter, ...] = Attribute("the parameters that it reads")

    def validate(request: TokenRequest) -> Issuance:
        """Check everything that can be checked before a token is made; issue nothing.

        :return: what to issue; the token endpoint issues it.
        :raises OAuth2Error: the request is refused.
        """


class IClientAuthentication(Interface):
    """One ``token_endpoint_auth_method``.

    Registered with ``config.add_oauth2_client_authentication``.
    """

    confidential: bool = Attribute("whether it proves who the client is; False for ``none``")
    by_secret: bool = Attribute(
        "whether it proves that by a ``client_secret``, which registration then generates"
    )
    ambient: bool = Attribute(
        "whether the connection presents it for every client, such as a certificate: it then "
        "counts only for a client that is registered for it; the others authenticate beside it"
    )
    challenge: str | None = Attribute(
        "the value of ``WWW-Authenticate`` after a failure, None if it has no scheme"
    )
    parameters: tuple[Parameter, ...] = Attribute("the form parameters that only it reads")

    def credentials(http: HTTPRequest, form: Mapping[str, str]) -> Credentials | None:
        """What the request presents by this method; None if it does not use it.

        A request that presents something by two confidential methods is refused, unless one of
        them is :attr:`ambient`. They count for a client that is registered for this method, and
        for those that ``Credentials.also_for`` names. A subclass of ``Credentials`` may carry
        what :meth:`authenticate` needs; its ``secret`` is for a client secret only.

        :raises OAuth2Error: it uses the method, but wrongly.
        """

    def authenticate(
        credentials: Credentials, client: Client | None
    ) -> Authenticated | Refusal | None:
        """What follows if the credentials are the client's; a refusal, or None, if they are not.

        The refusal says why, for the audit log; the response to the client is the same for all.

        It writes nothing: what may be used once, such as the ``jti`` of an assertion, is
        in what it returns, and the core reserves it later. Must cost the same for an unknown
        client (None) as for a known one. It is asked again for the same request if the
        client was changed meanwhile.
        """


class IClientPolicy(Interface):
    """Which clients may come by themselves: register themselves, or be known by a document.

    Registered with ``config.add_oauth2_client_policy``. It is asked once all else is right: at
    each registration, at each change of one (RFC 7592), and where a request of a client with a
    document begins. It is not asked about what operators and users do.
    """

    def problems(client: Client) -> Iterable[tuple[str, str]]:
        """Why a client is not accepted: names of fields, each with a text; nothing if it is.

        The developer of the client reads them.

        :param client: as it would be stored. ``client.extra["source"]`` is ``registered`` or
            ``document``.
        """

"""``none``: a public client identifies itself without a proof (RFC 6749 section 3.2.1)."""

from __future__ import annotations

from collections.abc import Mapping

from zope.interface import implementer

from ...interfaces.extension import IClientAuthentication
from ...interfaces.server import IServer
from ..http import HTTPRequest
from ..parameters import Parameter
from ..records import Client
from .credentials import Authenticated, Credentials


@implementer(IClientAuthentication)
class NoAuthentication:
    """``client_id`` alone, as a form parameter."""

    confidential = False
    by_secret = False
    ambient = False
    challenge = None
    parameters: tuple[Parameter, ...] = ()

    def __init__(self, server: IServer, settings: object = None) -> None:
        """It needs neither."""

    def credentials(self, http: HTTPRequest, form: Mapping[str, str]) -> Credentials | None:
        """The client_id of the form."""
        client_id = form.get("client_id")
        return None if client_id is None else Credentials("none", client_id)

    def authenticate(self, credentials: Credentials, client: Client | None) -> Authenticated | None:
        """Check that there is such a public client."""
        return Authenticated() if client is not None else None

"""The response types of RFC 6749: ``code`` (section 4.1), and ``token``, the implicit grant (4.2).

Registered as those of an application are.
"""

from __future__ import annotations

from zope.interface import implementer

from ...interfaces.authorization import IResponseType
from ..records import AUTHORIZATION_CODE
from ..server import Server
from ..token.product import Product
from .authorization_request import AuthorizationRequest
from .codes import CodeData


@implementer(IResponseType)
class CodeResponse:
    """``response_type=code``."""

    grant_type = "authorization_code"
    redeemed = True
    default_mode = "query"
    fragment_only = False
    pkce = True

    def __init__(self, server: Server, settings: object = None) -> None:
        pass

    def product(self, request: AuthorizationRequest, family: str) -> Product:
        """An authorization code."""
        assert request.redirect_uri is not None  # A client that is sent a response has one.
        data = CodeData(request.redirect_uri, request.redirect_uri_named, request.code_challenge)
        return Product(AUTHORIZATION_CODE, data.members(), "code")


@implementer(IResponseType)
class TokenResponse:
    """``response_type=token``."""

    grant_type = "implicit"
    redeemed = False
    default_mode = "fragment"
    # A token in a query string stays in logs and histories.
    fragment_only = True
    pkce = False

    def __init__(self, server: Server, settings: object = None) -> None:
        pass

    def product(self, request: AuthorizationRequest, family: str) -> None:
        """Nothing but the access token itself."""
        return

"""The public names for authors of plug-ins: import from here, and from no other module.

A plug-in is a factory that a directive registers, for instance
``config.add_oauth2_grant_type(name, factory)``. It is called with the server
(:class:`IServer`) and the settings once, at start-up, and returns an object with the
methods of an interface of this module.
"""

from __future__ import annotations

from .interfaces.authorization import (
    IAuthorizationRequestExtension,
    IAuthorizationRequestSource,
    IClientResolver,
    IResponseType,
)
from .interfaces.entries import IEntryStore
from .interfaces.extension import IClientAuthentication, IGrantType
from .interfaces.server import IServer
from .interfaces.tokens import IAccessTokenFormat, ISenderConstraint, ITokenResponseExtension
from .protocol.access import Access
from .protocol.authentication import Authentication
from .protocol.authorization.authorization_request import AuthorizationRequest
from .protocol.authorization.source import PushedRequest, SourcedParameters, StoredRequest
from .protocol.client_authentication.credentials import Authenticated, Credentials
from .protocol.clients.codecs import Codec
from .protocol.clients.field import ClientField, Control, Option
from .protocol.errors import (
    AccessDenied,
    InsufficientScope,
    InvalidAuthorizationDetails,
    InvalidClient,
    InvalidGrant,
    InvalidRequest,
    InvalidScope,
    InvalidTarget,
    InvalidToken,
    OAuth2Error,
    TemporarilyUnavailable,
    UnauthorizedClient,
)
from .protocol.events import CodeReplayed, GrantEvent, RefreshRepeated, RefreshReused
from .protocol.http import HTTPRequest, Parameters
from .protocol.kept_values import KeptValues
from .protocol.masking import masked
from .protocol.parameters import Parameter
from .protocol.records import Client, Entry, Grant, Token, TokenRef
from .protocol.refusal import OWN_RULE, Refusal
from .protocol.requested_access import requested_access
from .protocol.scopes import format_scope, parse_scope
from .protocol.single_use import SingleUse
from .protocol.token.confirmation import Confirmation, Proof
from .protocol.token.issuance import Add, Issuance, Issuing, Open, Redeem, Repeat, Reuse
from .protocol.token.presentation import Presentation
from .protocol.token.product import Product
from .protocol.token.request import TokenRequest
from .protocol.token_strings import NewToken, new_token, parse_token

__all__ = [
    "OWN_RULE",
    "Access",
    "AccessDenied",
    "Add",
    "Authenticated",
    "Authentication",
    "AuthorizationRequest",
    "Client",
    "ClientField",
    "CodeReplayed",
    "Codec",
    "Confirmation",
    "Control",
    "Credentials",
    "Entry",
    "Grant",
    "GrantEvent",
    "HTTPRequest",
    "IAccessTokenFormat",
    "IAuthorizationRequestExtension",
    "IAuthorizationRequestSource",
    "IClientAuthentication",
    "IClientResolver",
    "IEntryStore",
    "IGrantType",
    "IResponseType",
    "ISenderConstraint",
    "IServer",
    "ITokenResponseExtension",
    "InsufficientScope",
    "InvalidAuthorizationDetails",
    "InvalidClient",
    "InvalidGrant",
    "InvalidRequest",
    "InvalidScope",
    "InvalidTarget",
    "InvalidToken",
    "Issuance",
    "Issuing",
    "KeptValues",
    "NewToken",
    "OAuth2Error",
    "Open",
    "Option",
    "Parameter",
    "Parameters",
    "Presentation",
    "Product",
    "Proof",
    "PushedRequest",
    "Redeem",
    "RefreshRepeated",
    "RefreshReused",
    "Refusal",
    "Repeat",
    "Reuse",
    "SingleUse",
    "SourcedParameters",
    "StoredRequest",
    "TemporarilyUnavailable",
    "Token",
    "TokenRef",
    "TokenRequest",
    "UnauthorizedClient",
    "format_scope",
    "masked",
    "new_token",
    "parse_scope",
    "parse_token",
    "requested_access",
]

"""The public names for authors of plug-ins: import from here, and from no other module.

A plug-in is a factory that a directive registers, for instance
``config.add_oauth2_grant_type(name, factory)``. It is called with the server
(:class:`IServer`) and the settings once, at start-up, and returns an object with the
methods of an interface of this module. Its own settings are a frozen dataclass of
:func:`setting` fields, registered with ``config.add_oauth2_settings(prefix, class)``.
"""

from __future__ import annotations

from .interfaces.access_token_format import IAccessTokenFormat
from .interfaces.authorization import (
    IAuthorizationRequestExtension,
    IAuthorizationRequestSource,
    IClientResolver,
    IResponseType,
)
from .interfaces.endpoints import IEndpoint, IServerMetadata
from .interfaces.entries import IEntryStore
from .interfaces.extension import IClientAuthentication, IClientPolicy, IGrantType
from .interfaces.protection import IViewDemand
from .interfaces.sender_constraint import ISenderConstraint
from .interfaces.server import IResourceServer, IServer
from .interfaces.sessions import ISessions
from .interfaces.signer import ISigner
from .interfaces.subjects import ISubjects
from .interfaces.token_response import ITokenResponseExtension
from .protocol.access import Access
from .protocol.authentication import Authentication
from .protocol.authorization.authorization_request import AuthorizationRequest
from .protocol.authorization.client_lookup import ClientLookup
from .protocol.authorization.consent_block import ConsentBlock
from .protocol.authorization.joining import Joining
from .protocol.authorization.source import PushedRequest, SourcedParameters, StoredRequest
from .protocol.authorization.user_demand import UserDemand
from .protocol.client_authentication.credentials import Authenticated, Credentials
from .protocol.clients.codecs import Codec
from .protocol.clients.field import ClientField, Control, Option
from .protocol.endpoints import ClientRequest, EndpointRequest, EndpointResponse
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
from .protocol.events import (
    CodeRepeated,
    CodeReplayed,
    GrantEvent,
    OAuth2Event,
    RefreshRepeated,
    RefreshReused,
)
from .protocol.http import HTTPRequest, Parameters
from .protocol.kept_values import KeptValues
from .protocol.masking import masked
from .protocol.parameters import Parameter
from .protocol.records import Client, Entry, Grant, StoreUnavailable, Token, TokenRef
from .protocol.refusal import OWN_RULE, Refusal
from .protocol.requested_access import requested_access
from .protocol.scopes import format_scope, parse_scope
from .protocol.single_use import SingleUse
from .protocol.token.access_token import AccessToken
from .protocol.token.confirmation import Confirmation, Proof
from .protocol.token.issuance import Add, Issuance, Issuing, Open, Redeem, Repeat, Reuse
from .protocol.token.presentation import Presentation
from .protocol.token.product import Product
from .protocol.token.recognised import RecognisedToken
from .protocol.token.request import TokenRequest
from .protocol.token_strings import NewToken, new_token, parse_token
from .settings import Settings
from .settings.declaration import REQUIRED, setting
from .settings.types import (
    BadValue,
    base_url,
    boolean,
    count,
    duration,
    endpoint_url,
    issuer_url,
    lifetime,
    paths,
    plain_text,
    principals,
    rate,
    renderer,
    route_name,
    route_path,
    seconds,
    some_words,
    words,
)

__all__ = [
    "OWN_RULE",
    "REQUIRED",
    "Access",
    "AccessDenied",
    "AccessToken",
    "Add",
    "Authenticated",
    "Authentication",
    "AuthorizationRequest",
    "BadValue",
    "Client",
    "ClientField",
    "ClientLookup",
    "ClientRequest",
    "CodeRepeated",
    "CodeReplayed",
    "Codec",
    "Confirmation",
    "ConsentBlock",
    "Control",
    "Credentials",
    "EndpointRequest",
    "EndpointResponse",
    "Entry",
    "Grant",
    "GrantEvent",
    "HTTPRequest",
    "IAccessTokenFormat",
    "IAuthorizationRequestExtension",
    "IAuthorizationRequestSource",
    "IClientAuthentication",
    "IClientPolicy",
    "IClientResolver",
    "IEndpoint",
    "IEntryStore",
    "IGrantType",
    "IResourceServer",
    "IResponseType",
    "ISenderConstraint",
    "IServer",
    "IServerMetadata",
    "ISessions",
    "ISigner",
    "ISubjects",
    "ITokenResponseExtension",
    "IViewDemand",
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
    "Joining",
    "KeptValues",
    "NewToken",
    "OAuth2Error",
    "OAuth2Event",
    "Open",
    "Option",
    "Parameter",
    "Parameters",
    "Presentation",
    "Product",
    "Proof",
    "PushedRequest",
    "RecognisedToken",
    "Redeem",
    "RefreshRepeated",
    "RefreshReused",
    "Refusal",
    "Repeat",
    "Reuse",
    "Settings",
    "SingleUse",
    "SourcedParameters",
    "StoreUnavailable",
    "StoredRequest",
    "TemporarilyUnavailable",
    "Token",
    "TokenRef",
    "TokenRequest",
    "UnauthorizedClient",
    "UserDemand",
    "base_url",
    "boolean",
    "count",
    "duration",
    "endpoint_url",
    "format_scope",
    "issuer_url",
    "lifetime",
    "masked",
    "new_token",
    "parse_scope",
    "parse_token",
    "paths",
    "plain_text",
    "principals",
    "rate",
    "renderer",
    "requested_access",
    "route_name",
    "route_path",
    "seconds",
    "setting",
    "some_words",
    "words",
]

"""Every interface of the add-on: what an application or a third party may supply."""

from .access_token_format import IAccessTokenFormat
from .application import (
    IAppEngine,
    IClientField,
    IOAuth2Event,
    IProtectedResource,
    IResourceOwners,
    IScope,
    IService,
    ISettings,
    ISettingsPrefix,
)
from .authorization import (
    IAuthorizationRequestExtension,
    IAuthorizationRequestSource,
    IClientResolver,
    IResponseType,
)
from .endpoints import IEndpoint, IServerMetadata
from .entries import IEntryStore
from .extension import IClientAuthentication, IClientPolicy, IGrantType, IPlugInFactory
from .fetcher import IFetcher
from .protection import IViewDemand
from .sender_constraint import ISenderConstraint
from .server import IResourceServer, IServer
from .sessions import ISessions
from .signer import ISigner
from .storage import (
    IBackend,
    IBackendFactory,
    IClientStore,
    IConsentStore,
    IGrantStore,
)
from .subjects import ISubjects
from .token_response import ITokenResponseExtension

__all__ = [
    "IAccessTokenFormat",
    "IAppEngine",
    "IAuthorizationRequestExtension",
    "IAuthorizationRequestSource",
    "IBackend",
    "IBackendFactory",
    "IClientAuthentication",
    "IClientField",
    "IClientPolicy",
    "IClientResolver",
    "IClientStore",
    "IConsentStore",
    "IEndpoint",
    "IEntryStore",
    "IFetcher",
    "IGrantStore",
    "IGrantType",
    "IOAuth2Event",
    "IPlugInFactory",
    "IProtectedResource",
    "IResourceOwners",
    "IResourceServer",
    "IResponseType",
    "IScope",
    "ISenderConstraint",
    "IServer",
    "IServerMetadata",
    "IService",
    "ISessions",
    "ISettings",
    "ISettingsPrefix",
    "ISigner",
    "ISubjects",
    "ITokenResponseExtension",
    "IViewDemand",
]

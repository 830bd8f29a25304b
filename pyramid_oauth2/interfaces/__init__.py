"""Every interface of the add-on: what an application or a third party may supply."""

from .application import (
    IAppEngine,
    IClientField,
    IOAuth2Event,
    IResourceOwners,
    IScope,
    IService,
    ISettings,
)
from .authorization import (
    IAuthorizationRequestExtension,
    IAuthorizationRequestSource,
    IClientResolver,
    IResponseType,
)
from .entries import IEntryStore
from .extension import IClientAuthentication, IGrantType, IPlugInFactory, ISettingsPrefix
from .server import IServer
from .storage import (
    IBackend,
    IBackendFactory,
    IClientStore,
    IConsentStore,
    IGrantStore,
)
from .tokens import IAccessTokenFormat, ISenderConstraint, ITokenResponseExtension

__all__ = [
    "IAccessTokenFormat",
    "IAppEngine",
    "IAuthorizationRequestExtension",
    "IAuthorizationRequestSource",
    "IBackend",
    "IBackendFactory",
    "IClientAuthentication",
    "IClientField",
    "IClientResolver",
    "IClientStore",
    "IConsentStore",
    "IEntryStore",
    "IGrantStore",
    "IGrantType",
    "IOAuth2Event",
    "IPlugInFactory",
    "IResourceOwners",
    "IResponseType",
    "IScope",
    "ISenderConstraint",
    "IServer",
    "IService",
    "ISettings",
    "ISettingsPrefix",
    "ITokenResponseExtension",
]

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
from .entries import IEntryStore
from .extension import IClientAuthentication, IGrantType, ISettingsPrefix
from .storage import (
    IBackend,
    IBackendFactory,
    IClientStore,
    IConsentStore,
    IGrantStore,
)

__all__ = [
    "IAppEngine",
    "IBackend",
    "IBackendFactory",
    "IClientAuthentication",
    "IClientField",
    "IClientStore",
    "IConsentStore",
    "IEntryStore",
    "IGrantStore",
    "IGrantType",
    "IOAuth2Event",
    "IResourceOwners",
    "IScope",
    "IService",
    "ISettings",
    "ISettingsPrefix",
]

"""The service of an application, made of its settings and of what is registered."""

from __future__ import annotations

import logging
import os
import threading
import time
from difflib import get_close_matches
from functools import partial
from typing import Any

from pyramid.events import ApplicationCreated
from pyramid.exceptions import ConfigurationError

from .attempt_storage import make_throttle
from .endpoint_urls import endpoint_url
from .events import notify
from .interfaces import (
    IBackend,
    IBackendFactory,
    IClientField,
    IGrantStore,
    IGrantType,
    IResourceOwners,
    IResponseType,
    IScope,
    IService,
    ISettings,
)
from .per_process import PerProcess
from .plug_in_factories import all_factories, factories_of, registered_factories
from .protocol.authorization_server import AuthorizationServer
from .protocol.clients.cache import ClientCache
from .protocol.clients.field import ClientField
from .protocol.clients.metadata import BY_NAME
from .protocol.clients.resources import FIELDS as RESOURCE_FIELDS
from .protocol.lifetimes import Lifetimes
from .protocol.purging import Purger
from .protocol.server import PROMPT_VALUES
from .read_only import REFUSAL, ReadOnlyBackend
from .resource_directory import make_resources, named_resources
from .resource_owners import ResourceOwners
from .resource_server import ResourceServer, make_resource_server
from .service import REQUIRED_ROLES, ROLES, OAuth2Service, entry_store, required_store
from .settings import Settings
from .settings.types import RESOURCE_SERVER
from .startup import (
    announce_profile,
    check_signer,
    configuration_errors,
    enabled_grant_types,
    warn_of_unusable_stores,
)
from .startup_error import StartupError

BUILT_IN_BACKENDS = {
    "memory": "pyramid_oauth2.backends.memory",
    "redis": "pyramid_oauth2.backends.redis",
    "sqlalchemy": "pyramid_oauth2.backends.sqlalchemy",
}

log = logging.getLogger(__name__)

_making = PerProcess(threading.Lock)


def get_service(registry: Any) -> OAuth2Service:
    """The authorization server of the application that has this registry.

    :raises pyramid.exceptions.ConfigurationError: the add-on is not included,
        its set-up is wrong, or the application is a resource server only.
    """
    service = service_of(registry)
    if isinstance(service, ResourceServer):
        raise ConfigurationError(
            "This application is a resource server (oauth2.mode): clients and tokens are kept by "
            f"the authorization server {service.settings.issuer}."
        )
    return service


def service_of(registry: Any) -> OAuth2Service | ResourceServer:
    """The service of the application, in either mode (``oauth2.mode``).

    :raises pyramid.exceptions.ConfigurationError: the add-on is not included,
        or its set-up is wrong.
    """
    service: OAuth2Service | ResourceServer | None = registry.queryUtility(IService)
    if service is None:
        with _making():
            service = registry.queryUtility(IService) or _make_service(registry)
            registry.registerUtility(service, IService)
    return service


def client_fields(registry: Any) -> dict[str, ClientField]:
    """The fields of a client's metadata, by name: those of the record, then the added ones."""
    of_resources = RESOURCE_FIELDS if named_resources(registry) else ()
    return {
        **BY_NAME,
        **{field.name: field for field in of_resources},
        **dict(sorted(registry.getUtilitiesFor(IClientField))),
    }


def include_backends(config: Any, settings: Settings) -> None:
    """Include what registers the chosen backends.

    A name without a dot that is not built in is registered by the application.

    :raises pyramid.exceptions.ConfigurationError: one cannot be imported.
    """
    names = {settings.backend_of(role) for role in ROLES if settings.backend_of(role)}
    for name in sorted(filter(_includable, names)):
        try:
            config.include(BUILT_IN_BACKENDS.get(name, name))
        except ImportError as error:
            raise StartupError(
                f"The backend {name!r} that oauth2.backend names cannot be imported: {error}."
            ) from error


def _includable(name: str) -> bool:
    return name in BUILT_IN_BACKENDS or "." in name


def _make_service(registry: Any) -> OAuth2Service | ResourceServer:
    settings: Settings | None = registry.queryUtility(ISettings)
    if settings is None:
        raise ConfigurationError("pyramid_oauth2 is not included: config.include('pyramid_oauth2')")
    owners = ResourceOwners(registry.queryUtility(IResourceOwners))
    if settings.mode == RESOURCE_SERVER:
        return make_resource_server(settings, owners)
    return make_authorization_server(registry, settings, owners)


def make_authorization_server(
    registry: Any, settings: Settings, owners: ResourceOwners
) -> OAuth2Service:
    """An authorization server, of what is registered.

    :raises pyramid.exceptions.ConfigurationError: the settings name what is not registered, or
        a backend or a plug-in cannot be used.
    """
    scopes = dict(registry.getUtilitiesFor(IScope))
    grant_types = factories_of(registry, settings, IGrantType)
    response_types = registered_factories(registry, IResponseType)
    if found := configuration_errors(
        settings, grant_types.keys(), response_types.keys(), scopes, owners
    ):
        raise StartupError("\n".join(found))
    backends = {name: _make_backend(registry, settings, name) for name in _chosen(settings)}
    stores = {role: required_store(backends, settings, role) for role in REQUIRED_ROLES}
    grants = _measured(settings, stores["grants"])
    purger = Purger(grants, stores["consents"], _utc_seconds)
    enabled = enabled_grant_types(settings, grant_types.keys())
    factories = all_factories(registry, settings, {name: grant_types[name] for name in enabled})
    formats = factories.access_token_formats
    resources = make_resources(registry, settings, scopes, formats)
    try:
        server = AuthorizationServer(
            issuer=settings.issuer,
            resources=resources,
            require_https=settings.https_required,
            scopes=scopes,
            default_scopes=settings.default_scopes,
            response_types=settings.response_types,
            require_pkce=settings.require_pkce,
            single_access_token=settings.single_access_token,
            lifetimes=_lifetimes(settings),
            grant_types=enabled,
            client_authentications=frozenset(factories.client_authentications),
            clients=ClientCache(stores["clients"], settings.client_cache, time.monotonic),
            grants=grants,
            consents=stores["consents"],
            throttle=make_throttle(settings, backends[settings.backend_of("grants")]),
            is_active=owners.is_active,
            claims=owners.claims,
            claim_descriptions=owners.claim_descriptions,
            acr_values=owners.acr_values,
            end_session=owners.end_session,
            subject_exists=owners.exists,
            clock=_utc_seconds,
            random=os.urandom,
            url=partial(endpoint_url, registry),
            entry_store=partial(entry_store, backends, settings, purger),
            client_fields=client_fields(registry),
            refresh_needs_offline_access=settings.refresh_needs_offline_access,
            private_schemes=settings.private_schemes,
            max_parameter_length=settings.max_parameter_length,
            prompt_values=PROMPT_VALUES.union(["create"] if settings.sign_up_route else []),
            factories=factories,
        )
    except ValueError as error:
        raise ConfigurationError(f"A plug-in cannot be used: {error}.") from error
    return OAuth2Service(settings, server, owners, backends, purger, partial(notify, registry))


def _utc_seconds() -> int:
    return int(time.time())


def _lifetimes(settings: Settings) -> Lifetimes:
    return Lifetimes(
        access_token=settings.access_token_lifetime,
        public_access_token=settings.public_lifetime,
        refresh_token=settings.refresh_token_lifetime,
        refresh_token_grace=settings.refresh_token_grace,
        authorization_code=settings.authorization_code_lifetime,
        authorization_code_grace=settings.authorization_code_grace,
        interaction=settings.interaction_lifetime,
        consent=settings.consent_lifetime,
        grant=settings.grant_lifetime,
    )


def _chosen(settings: Settings) -> list[str]:
    return sorted({settings.backend_of(role) for role in ROLES})


def _make_backend(registry: Any, settings: Settings, name: str) -> IBackend:
    factory = registry.queryUtility(IBackendFactory, name=name)
    if factory is None:
        registered = dict(registry.getUtilitiesFor(IBackendFactory))
        known = sorted(registered.keys() | BUILT_IN_BACKENDS.keys())
        meant = get_close_matches(name, known, 1)
        hint = f" Did you mean {meant[0]}?" if meant else ""
        raise StartupError(
            f"There is no backend named {name!r} (oauth2.backend); there are: "
            f"{', '.join(known)}.{hint} A backend of your own "
            f"registers itself with config.add_oauth2_backend({name!r}, factory)."
        )
    backend: IBackend = factory(settings)
    return ReadOnlyBackend(backend) if settings.read_only else backend


def _measured(settings: Settings, grants: IGrantStore) -> Any:
    if not settings.metrics:
        return grants
    # Only now, for it imports an extra.
    from .monitoring.measured_grants import MeasuredGrants

    return MeasuredGrants(grants)


def includeme(config: Any) -> None:
    """Make the service when the application is complete, so that an error stops its start."""
    config.add_subscriber(_make_at_start, ApplicationCreated)


def _make_at_start(event: Any) -> None:
    service = service_of(event.app.registry)
    if not isinstance(service, OAuth2Service):
        return
    announce_profile(event.app.registry.settings)
    if "token" in service.settings.response_types:
        log.warning(
            "oauth2.response_types names token, the implicit grant: access tokens will be in URLs, "
            "where histories and scripts find them, and nothing binds them to the client. Use the "
            "code flow with PKCE, which browsers can do as well (RFC 9700 section 2.1.2)."
        )
    if service.settings.read_only:
        log.warning(REFUSAL)
    check_signer(service.server.signer)
    warn_of_unusable_stores(service.backends)

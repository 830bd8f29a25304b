"""The directives of an application's configuration: ``config.add_oauth2_...``, ``set_oauth2_...``.

Each is an action of its own, so two that contradict each other raise a conflict
that shows the lines of both, and an application overrides what it includes. The
values are registered as utilities and shown by Pyramid's introspection.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from pyramid.exceptions import ConfigurationError
from pyramid.interfaces import PHASE1_CONFIG
from zope.interface import implementer

from .interfaces import (
    IAccessTokenFormat,
    IAppEngine,
    IAuthorizationRequestExtension,
    IAuthorizationRequestSource,
    IBackendFactory,
    IClientAuthentication,
    IClientField,
    IClientResolver,
    IEndpoint,
    IGrantType,
    IPlugInFactory,
    IResourceOwners,
    IResponseType,
    IScope,
    ISenderConstraint,
    IServerMetadata,
    ISettingsPrefix,
    ITokenResponseExtension,
    IViewDemand,
)
from .plug_in_factories import plug_in_name
from .protocol.clients.field import ClientField
from .protocol.clients.reserved import FLAGS, NAMES
from .protocol.scopes import SCOPE_TOKEN, KnownScope
from .protocol.server_metadata import EndpointURL
from .protocol.token_kinds import TokenKind, register
from .resource_owners import METHODS
from .settings.registration import declare_settings
from .views.routes import add_registered_endpoint

ENDPOINT_NAME = re.compile(r"[a-z][a-z0-9_]*")
# The endpoints and pages of the add-on, and the names of their routes.
OWN_NAMES = frozenset(
    {
        "access_token",
        "admin",
        "applications",
        "authorizations",
        "authorize",
        "introspect",
        "metadata",
        "protected_resource",
        "revoke",
        "static",
        "token",
    }
)


@implementer(ISettingsPrefix)
@dataclass(frozen=True, slots=True)
class SettingsPrefix:
    """The declared keys below a prefix; None allows every key."""

    keys: frozenset[str] | None


@implementer(IAppEngine)
@dataclass(frozen=True, slots=True)
class AppEngine:
    """An engine that the application supplied."""

    engine: Any


def add_oauth2_scope(config: Any, name: str, description: str) -> None:
    """Add a scope to those of ``oauth2.scopes``.

    ::

        config.add_oauth2_scope("notes.read", "Read your notes")

    :param name: a scope token (RFC 6749 section 3.3).
    :param description: what it allows, in words for the user; a translation
        string is translated.
    """
    if not SCOPE_TOKEN.fullmatch(name):
        raise ConfigurationError(f"{name!r} cannot be a scope: no spaces, quotes or backslashes.")
    if not description:
        raise ConfigurationError(f"Say what the scope {name!r} allows; users read it.")
    _register(config, IScope, "scope", KnownScope(name, description), name)


def add_oauth2_grant_type(config: Any, name: str, factory: Any) -> None:
    """Register an :class:`~pyramid_oauth2.interfaces.IGrantType`.

    ``oauth2.grant_types`` enables it::

        config.add_oauth2_grant_type("https://app.example/grants/badge", BadgeGrant)

    :param name: the ``grant_type`` of the token request; for a grant type of
        your own an absolute URI (RFC 6749 section 4.5).
    :param factory: a class or function that is called with the server and the settings,
        or its dotted name.
    """
    _register_plug_in(config, IGrantType, "grant type", name, factory)


def add_oauth2_client_authentication(config: Any, method: str, factory: Any) -> None:
    """Register an :class:`~pyramid_oauth2.interfaces.IClientAuthentication`.

    ::

        config.add_oauth2_client_authentication("client_badge", BadgeAuthentication)

    :param method: the ``token_endpoint_auth_method`` of the clients that use it.
    :param factory: a class or function that is called with the server and the settings,
        or its dotted name.
    """
    _register_plug_in(config, IClientAuthentication, "client authentication", method, factory)


def add_oauth2_access_token_format(config: Any, name: str, factory: Any) -> None:
    """Register an :class:`~pyramid_oauth2.interfaces.IAccessTokenFormat`.

    ::

        config.add_oauth2_access_token_format("signed", SignedAccessToken)

    The first that suits a client is used; ``opaque``, which suits every client, is asked last.

    :param name: names it in error messages.
    :param factory: a class or function that is called with the server and the settings,
        or its dotted name.
    """
    _register_plug_in(config, IAccessTokenFormat, "access token format", name, factory)


def add_oauth2_sender_constraint(config: Any, name: str, factory: Any) -> None:
    """Register an :class:`~pyramid_oauth2.interfaces.ISenderConstraint`.

    ::

        config.add_oauth2_sender_constraint("device key", DeviceKey)

    It is asked at every endpoint for clients, and at every view that requires a token.

    :param name: names it in error messages.
    :param factory: a class or function that is called with the server and the settings,
        or its dotted name.
    """
    _register_plug_in(config, ISenderConstraint, "sender constraint", name, factory)


def add_oauth2_token_response(config: Any, name: str, factory: Any) -> None:
    """Register an :class:`~pyramid_oauth2.interfaces.ITokenResponseExtension`.

    ::

        config.add_oauth2_token_response("tenant", TenantMember)

    :param name: names it in error messages.
    :param factory: a class or function that is called with the server and the settings,
        or its dotted name.
    """
    _register_plug_in(config, ITokenResponseExtension, "token response", name, factory)


def add_oauth2_response_type(config: Any, name: str, factory: Any) -> None:
    """Register an :class:`~pyramid_oauth2.interfaces.IResponseType`.

    ``oauth2.response_types`` enables it::

        config.add_oauth2_response_type("badge", BadgeResponse)

    :param name: the ``response_type`` of the authorization request.
    :param factory: a class or function that is called with the server and the settings,
        or its dotted name.
    """
    _register_plug_in(config, IResponseType, "response type", name, factory)


def add_oauth2_request_extension(config: Any, name: str, factory: Any) -> None:
    """Register an :class:`~pyramid_oauth2.interfaces.IAuthorizationRequestExtension`.

    ::

        config.add_oauth2_request_extension("tenant", TenantParameter)

    :param name: of its value, in records and for token response extensions.
    :param factory: a class or function that is called with the server and the settings,
        or its dotted name.
    """
    _register_plug_in(config, IAuthorizationRequestExtension, "request extension", name, factory)


def add_oauth2_request_source(config: Any, name: str, factory: Any) -> None:
    """Register an :class:`~pyramid_oauth2.interfaces.IAuthorizationRequestSource`.

    ::

        config.add_oauth2_request_source("pushed requests", PushedRequests)

    :param name: names it in error messages.
    :param factory: a class or function that is called with the server and the settings,
        or its dotted name.
    """
    _register_plug_in(config, IAuthorizationRequestSource, "request source", name, factory)


def add_oauth2_client_resolver(config: Any, name: str, factory: Any) -> None:
    """Register an :class:`~pyramid_oauth2.interfaces.IClientResolver`.

    ::

        config.add_oauth2_client_resolver("directory", CompanyDirectory)

    Of several, the first that finds the client counts, in the order of their names.

    :param name: names it in error messages.
    :param factory: a class or function that is called with the server and the settings,
        or its dotted name.
    """
    _register_plug_in(config, IClientResolver, "client resolver", name, factory)


def add_oauth2_endpoint(
    config: Any, name: str, factory: Any, metadata: str | None = "{name}_endpoint"
) -> None:
    """Add an :class:`~pyramid_oauth2.interfaces.IEndpoint` to the authorization server.

    ::

        config.add_oauth2_endpoint("badge", BadgeEndpoint)

    It is at ``/oauth2/badge``, with and without a slash at the end; its route is
    ``oauth2.badge``. An application that is a resource server has no endpoints; there the
    directive has no effect.

    :param name: lower-case letters, digits and ``_``; not the name of another endpoint or page.
    :param factory: a class or function that is called with the server and the settings,
        or its dotted name.
    :param metadata: the member of the server metadata that has its URL, None for no member.
    :raises pyramid.exceptions.ConfigurationError: the name is one of the add-on's, or
        pyramid_oauth2 is not included yet.
    """
    if not ENDPOINT_NAME.fullmatch(name):
        raise ConfigurationError(
            f"{name!r} cannot be an endpoint: write lower-case letters, digits and '_'."
        )
    if name in OWN_NAMES and config.package.__name__ != __package__:
        raise ConfigurationError(f"pyramid_oauth2 has {name} itself; choose another name.")
    _register_plug_in(config, IEndpoint, "endpoint", name, factory)
    add_registered_endpoint(config, name)
    if metadata is not None:
        member = metadata.replace("{name}", name)
        add_oauth2_server_metadata(
            config, member, partial(EndpointURL, endpoint=name, member=member)
        )


def add_oauth2_server_metadata(config: Any, name: str, factory: Any) -> None:
    """Register an :class:`~pyramid_oauth2.interfaces.IServerMetadata`.

    ::

        config.add_oauth2_server_metadata("badges", BadgeMetadata)

    A member that the document has already, or that two declare, is an error at start-up.

    :param name: names it in error messages.
    :param factory: a class or function that is called with the server and the settings,
        or its dotted name.
    """
    _register_plug_in(config, IServerMetadata, "server metadata", name, factory)


def add_oauth2_view_demand(config: Any, name: str, factory: Any) -> None:
    """Register an :class:`~pyramid_oauth2.interfaces.IViewDemand`: options for views with a scope.

    ::

        config.add_oauth2_view_demand("badge", BadgeDemand)

        config.add_view(notes, route_name="notes", oauth2_scope="read", oauth2_badge="gold")

    A request without a token, which ``oauth2_only=False`` lets through, is not checked.

    :param name: names it in error messages.
    :param factory: a class or function that is called with the server and the settings, or
        its dotted name. In an application that is a resource server, the server is only an
        :class:`~pyramid_oauth2.interfaces.IResourceServer`.
    """
    _register_plug_in(config, IViewDemand, "view demand", name, factory)


def add_oauth2_client_field(config: Any, field: ClientField) -> None:
    """Add a field to the metadata of clients.

    ::

        from pyramid_oauth2 import ClientField
        from pyramid_oauth2.protocol.clients.codecs import Codec
        from pyramid_oauth2.protocol.clients.field import Control, Option

        config.add_oauth2_client_field(
            ClientField(
                "customer_number",
                Codec.OPTIONAL_TEXT,
                "The customer that the client belongs to.",
                control=Control("line", "Customer number"),
                option=Option("--customer-number"),
            )
        )

    It is on the page that edits a client, an option of ``poauth2 client add`` and ``client edit``,
    in ``client show`` and in exports, and can be passed to ``request.oauth2.clients``. Its value is
    in ``client.extra["customer_number"]``, as JSON has it, unless it is the default.

    :param field: its declaration (name, form, rule, who may set it), or the dotted name
        of it. A field of that name, or an option, that exists already is an error.
    """
    field = config.maybe_dotted(field)
    if field.name in NAMES:
        raise ConfigurationError(f"A client has a {field.name} already; choose another name.")
    flag = field.option and field.option.flag
    if flag in FLAGS:
        raise ConfigurationError(f"The command line has {flag} already; choose another option.")
    _register(config, IClientField, "client field", field, field.name)
    if flag:
        config.action(("oauth2", "client field option", flag), order=PHASE1_CONFIG)


def add_oauth2_token_kind(config: Any, name: str, prefix: str, remembered: bool = False) -> None:
    """Add a kind of token, which an extension issues and redeems by the grant store.

    ::

        config.add_oauth2_token_kind("badge", "bdg")

    ``new_token`` of ``pyramid_oauth2.protocol.token_strings`` then makes strings of that kind,
    and a Bearer token with the prefix belongs to pyramid_oauth2. A kind is valid in the whole
    process, and the same one may be added several times. Every process that serves, purges or
    copies the store needs it, so run ``poauth2`` with an ini of the application. Where a kind was
    not added, its records are stored, listed and copied all the same, and removed at their own end.

    :param name: ``kind`` of its records: at most 64 lower-case letters, digits and underscores.
    :param prefix: the beginning of its strings, before an underscore: 2 to 16 lower-case letters
        and digits. That of another kind is an error.
    :param remembered: whether a spent one is stored until its grant ends, so that its replay is
        detected, as that of an authorization code is. A grant should have only a few of them.
    """
    try:
        kind = TokenKind(name, prefix, remembered)
        # At once, and by no action: the table is the process's, so no application can override
        # what another one has added, and the same kind twice is no conflict.
        register(kind)
    except ValueError as error:
        raise ConfigurationError(str(error)) from None
    discriminator = ("oauth2", "token kind", name)
    introspectable = config.introspectable("oauth2", discriminator, name, "oauth2 token kind")
    introspectable["value"] = kind
    config.action(None, introspectables=(introspectable,))


def add_oauth2_backend(config: Any, name: str, factory: Any) -> None:
    """Register a storage backend that ``oauth2.backend`` can select.

    ::

        config.add_oauth2_backend("my_package.oauth2_backend", MyBackend)

    :param name: the value of ``oauth2.backend``; a backend that is selected by a
        dotted name registers itself under that name.
    :param factory: an :class:`~pyramid_oauth2.interfaces.IBackendFactory`, or
        its dotted name.
    """
    _register(config, IBackendFactory, "backend", config.maybe_dotted(factory), name)


def add_oauth2_settings(
    config: Any, prefix: str, keys: type[Any] | str | Iterable[str] | None = None
) -> None:
    """Declare the settings ``oauth2.<prefix>.*`` of an extension.

    ::

        from dataclasses import dataclass
        from pyramid_oauth2.extension import count, seconds, setting


        @dataclass(frozen=True)
        class BadgeSettings:
            lifetime: int = setting(seconds, 600, "How long a badge is valid.")
            limit: int = setting(count, 10, "How many badges a user may have.")


        config.add_oauth2_settings("badges", BadgeSettings)

    They are parsed, checked and reported like the settings of pyramid_oauth2, and
    ``poauth2 INI settings`` prints them. ``settings.of(BadgeSettings).lifetime`` is
    ``oauth2.badges.lifetime``; the settings are passed to the factories of plug-ins. A
    method ``contradictions(settings)`` of the class may yield a sentence for each
    contradiction, which stops the start.

    Without a class the values are strings, in
    ``get_service(registry).settings.section("badges")``. A key that is not declared is an
    error at start-up.

    :param prefix: the part of the key after ``oauth2.``, without dots.
    :param keys: a frozen dataclass of settings, or its dotted name; or the names below the
        prefix; None allows every name.
    :raises pyramid.exceptions.ConfigurationError: the class or the prefix cannot be used.
    """
    declared = config.maybe_dotted(keys)
    value: Any
    if isinstance(declared, type):
        value = declare_settings(config.registry, prefix, declared)
    else:
        value = SettingsPrefix(None if declared is None else frozenset(declared))
    _register(config, ISettingsPrefix, "settings prefix", value, prefix)


def set_oauth2_resource_owners(config: Any, owners: Any) -> None:
    """Register the object that describes the application's users.

    ::

        config.set_oauth2_resource_owners(Users())

    :param owners: an object with methods of
        :class:`~pyramid_oauth2.interfaces.IResourceOwners`, each optional, or
        its dotted name.
    """
    owners = config.maybe_dotted(owners)
    if not any(callable(getattr(owners, method, None)) for method in METHODS):
        raise ConfigurationError(
            f"{owners!r} has none of the methods of IResourceOwners: {', '.join(METHODS)}."
        )
    _register(config, IResourceOwners, "resource owners", owners)


def set_oauth2_engine(config: Any, engine: Any) -> None:
    """Let the SQLAlchemy backend connect in the same way as the application's engine.

    ::

        config.set_oauth2_engine(engine)

    :param engine: the Engine, or its dotted name; its URL, connect arguments
        and creator are used, its pool is not.
    """
    _register(config, IAppEngine, "engine", AppEngine(config.maybe_dotted(engine)))


def _register_plug_in(config: Any, interface: Any, noun: str, name: str, factory: Any) -> None:
    factory = config.maybe_dotted(factory)
    if not callable(factory):
        raise ConfigurationError(
            f"The {noun} {name!r} must be a factory: a class or a function that is called with the "
            f"server and the settings, and returns an {interface.__name__}. It is {factory!r}."
        )
    _register(config, IPlugInFactory, noun, factory, name, plug_in_name(interface, name))


def _register(
    config: Any,
    interface: Any,
    noun: str,
    value: Any,
    name: str = "",
    registered_as: str | None = None,
) -> None:
    discriminator = ("oauth2", noun, name)
    introspectable = config.introspectable("oauth2", discriminator, name or noun, f"oauth2 {noun}")
    introspectable["value"] = value

    def register() -> None:
        registered = name if registered_as is None else registered_as
        config.registry.registerUtility(value, interface, name=registered)

    config.action(discriminator, register, order=PHASE1_CONFIG, introspectables=(introspectable,))


def includeme(config: Any) -> None:
    """Add the directives to the configurator."""
    for directive in (
        add_oauth2_scope,
        add_oauth2_grant_type,
        add_oauth2_client_authentication,
        add_oauth2_endpoint,
        add_oauth2_server_metadata,
        add_oauth2_view_demand,
        add_oauth2_client_field,
        add_oauth2_access_token_format,
        add_oauth2_sender_constraint,
        add_oauth2_token_response,
        add_oauth2_token_kind,
        add_oauth2_response_type,
        add_oauth2_request_extension,
        add_oauth2_request_source,
        add_oauth2_client_resolver,
        add_oauth2_backend,
        add_oauth2_settings,
        set_oauth2_resource_owners,
        set_oauth2_engine,
    ):
        config.add_directive(directive.__name__, directive)

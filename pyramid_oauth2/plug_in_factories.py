"""The factories of plug-ins in the registry of an application, by interface and name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, cast

from .interfaces import (
    IAccessTokenFormat,
    IAuthorizationRequestExtension,
    IAuthorizationRequestSource,
    IClientAuthentication,
    IClientPolicy,
    IClientResolver,
    IEndpoint,
    IGrantType,
    IPlugInFactory,
    IResponseType,
    ISenderConstraint,
    IServer,
    IServerMetadata,
    ISessions,
    ISigner,
    ISubjects,
    ITokenResponseExtension,
)
from .protocol.plug_ins import Factories, Made, PlugIn
from .settings import Settings


def plug_in_name(interface: type[object], name: str) -> str:
    """The name of the utility that is the factory of a plug-in."""
    return f"{interface.__name__} {name}"


def registered_factories(registry: Any, interface: type[object]) -> dict[str, IPlugInFactory]:
    """The factories of the plug-ins of one kind, by the names under which they are registered."""
    prefix = plug_in_name(interface, "")
    return {
        name.removeprefix(prefix): factory
        for name, factory in sorted(registry.getUtilitiesFor(IPlugInFactory))
        if name.startswith(prefix)
    }


# What a plug-in declares. A text is a collection as well, of its letters.
TUPLES = ("members", "methods", "names", "options", "parameters")


def check_provides(interface: type[object], name: str, plug_in: object) -> None:
    """Check that a plug-in has what its interface names.

    :param name: under which it is registered.
    :raises ValueError: something is missing, or a text or an iterator is where a tuple must be.
    """
    for member in sorted(cast(Any, interface).names(all=True)):
        if not hasattr(plug_in, member):
            raise ValueError(f"{name} has no {member}, which an {interface.__name__} needs")
        declared = getattr(plug_in, member)
        if member in TUPLES and isinstance(declared, str):
            raise ValueError(f"{member} of {name} is a text; write a tuple of texts")
        if isinstance(declared, Iterator):
            # The checks of the start would use it up: no request would find anything in it.
            raise ValueError(f"{member} of {name} can be read once only; write a tuple")


def all_factories(
    registry: Any, settings: Settings, grant_types: Mapping[str, Made[IGrantType]]
) -> Factories:
    """What makes every plug-in of a server.

    :param grant_types: those that are enabled.
    """
    return Factories(
        grant_types=grant_types,
        client_authentications=factories_of(registry, settings, IClientAuthentication),
        access_token_formats=factories_of(registry, settings, IAccessTokenFormat),
        response_types=factories_of(registry, settings, IResponseType),
        sender_constraints=factories_of(registry, settings, ISenderConstraint),
        token_responses=factories_of(registry, settings, ITokenResponseExtension),
        request_extensions=factories_of(registry, settings, IAuthorizationRequestExtension),
        request_sources=factories_of(registry, settings, IAuthorizationRequestSource),
        client_resolvers=factories_of(registry, settings, IClientResolver),
        client_policies=factories_of(registry, settings, IClientPolicy),
        endpoints=factories_of(registry, settings, IEndpoint),
        server_metadata=factories_of(registry, settings, IServerMetadata),
        signer=factories_of(registry, settings, ISigner).get(""),
        subjects=factories_of(registry, settings, ISubjects).get(""),
        sessions=factories_of(registry, settings, ISessions).get(""),
    )


def factories_of(
    registry: Any, settings: Settings, interface: type[PlugIn]
) -> dict[str, Made[PlugIn]]:
    """What makes the registered plug-ins of one kind, by their names."""
    return {
        name: partial(_made, interface, name, factory, settings)
        for name, factory in registered_factories(registry, interface).items()
    }


def _made(
    interface: type[PlugIn],
    name: str,
    factory: IPlugInFactory,
    settings: Settings,
    server: IServer,
) -> Any:
    plug_in = factory(server, settings)
    check_provides(interface, name, plug_in)
    return plug_in

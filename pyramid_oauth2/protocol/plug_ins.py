"""The plug-ins of one server, made by their factories; two that contradict each other are refused.

Our own parts are registered in the same way as those of an application.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from ..interfaces.server import IServer
from .parameters import CORE_RULES, Parameter, ParameterRules
from .token.issued import STANDARD_MEMBERS
from .token.opaque import NAME as OPAQUE
from .token.presentation import BEARER_SCHEME

if TYPE_CHECKING:
    from ..interfaces.endpoints import IEndpoint, IServerMetadata
    from ..interfaces.extension import IClientAuthentication, IGrantType
    from ..interfaces.tokens import (
        IAccessTokenFormat,
        ISenderConstraint,
        ITokenResponseExtension,
    )

# What declares the names that are not a plug-in's.
CORE = "pyramid_oauth2"
# Also those that a document has only if there are such endpoints or scopes.
METADATA_MEMBERS = frozenset(
    {
        "authorization_endpoint",
        "authorization_response_iss_parameter_supported",
        "code_challenge_methods_supported",
        "grant_types_supported",
        "introspection_endpoint",
        "introspection_endpoint_auth_methods_supported",
        "issuer",
        "response_modes_supported",
        "response_types_supported",
        "revocation_endpoint",
        "revocation_endpoint_auth_methods_supported",
        "scopes_supported",
        "token_endpoint",
        "token_endpoint_auth_methods_supported",
    }
)

PlugIn = TypeVar("PlugIn")
Made: TypeAlias = Callable[[IServer], PlugIn]


@dataclass(frozen=True, slots=True)
class Factories:
    """What makes the plug-ins of a server, by their names, in the order of registration."""

    grant_types: Mapping[str, Made[IGrantType]]
    client_authentications: Mapping[str, Made[IClientAuthentication]]
    access_token_formats: Mapping[str, Made[IAccessTokenFormat]]
    sender_constraints: Mapping[str, Made[ISenderConstraint]] = field(default_factory=dict)
    token_responses: Mapping[str, Made[ITokenResponseExtension]] = field(default_factory=dict)
    endpoints: Mapping[str, Made[IEndpoint]] = field(default_factory=dict)
    server_metadata: Mapping[str, Made[IServerMetadata]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PlugIns:
    """The plug-ins of a server, by name.

    ``access_token_formats`` are in the order in which they are asked, ours last.
    ``rules`` are those of every parameter that a plug-in reads. ``schemes``, in lower case,
    are those of an Authorization header that presents an access token.
    """

    grant_types: Mapping[str, IGrantType]
    client_authentications: Mapping[str, IClientAuthentication]
    access_token_formats: tuple[IAccessTokenFormat, ...]
    sender_constraints: Mapping[str, ISenderConstraint]
    token_responses: Mapping[str, ITokenResponseExtension]
    endpoints: Mapping[str, IEndpoint]
    server_metadata: Mapping[str, IServerMetadata]
    rules: ParameterRules
    schemes: frozenset[str]

    @classmethod
    def made(cls, factories: Factories, server: IServer) -> PlugIns:
        """The plug-ins of *server*.

        :raises ValueError: two declare the same name, or one parameter in two ways.
        """
        grant_types = _made(factories.grant_types, server)
        authentications = _made(factories.client_authentications, server)
        constraints = _made(factories.sender_constraints, server)
        responses = _made(factories.token_responses, server)
        endpoints = _made(factories.endpoints, server)
        metadata = _made(factories.server_metadata, server)
        members = {name: each.members for name, each in constraints.items()}
        _refuse_twice("the confirmation member", members)
        schemes = {name: each.scheme.lower() for name, each in constraints.items() if each.scheme}
        own_schemes = {name: (scheme,) for name, scheme in schemes.items()}
        _refuse_twice("the scheme", {CORE: (BEARER_SCHEME,), **own_schemes})
        names = {name: each.names for name, each in responses.items()}
        _refuse_twice("the member of the token response", {CORE: STANDARD_MEMBERS, **names})
        names = {name: each.names for name, each in metadata.items()}
        _refuse_twice("the member of the server metadata", {CORE: METADATA_MEMBERS, **names})
        _check_methods(endpoints)
        read: list[Parameter] = []
        for readers in (grant_types, authentications, constraints, endpoints):
            for each in readers.values():
                read += each.parameters
        return cls(
            grant_types,
            authentications,
            _in_order(_made(factories.access_token_formats, server)),
            constraints,
            responses,
            endpoints,
            metadata,
            CORE_RULES.including(read),
            frozenset({BEARER_SCHEME, *schemes.values()}),
        )


def _made(factories: Mapping[str, Made[PlugIn]], server: IServer) -> dict[str, PlugIn]:
    return {name: make(server) for name, make in factories.items()}


def _in_order(formats: dict[str, IAccessTokenFormat]) -> tuple[IAccessTokenFormat, ...]:
    opaque = formats.pop(OPAQUE)
    return (*formats.values(), opaque)


def _refuse_twice(what: str, declared: Mapping[str, Iterable[str]]) -> None:
    owners: dict[str, str] = {}
    for owner, names in declared.items():
        for name in names:
            if name in owners:
                raise ValueError(f"{what} {name} is declared by two: {owners[name]} and {owner}")
            owners[name] = owner


def _check_methods(endpoints: Mapping[str, IEndpoint]) -> None:
    for name, endpoint in endpoints.items():
        # A text is a collection as well, of its letters.
        if isinstance(endpoint.methods, str) or not endpoint.methods:
            raise ValueError(f"the endpoint {name} does not name its methods in a tuple")

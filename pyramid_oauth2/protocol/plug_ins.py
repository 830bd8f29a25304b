"""The plug-ins of one server, made by their factories; two that contradict each other are refused.

Our own parts are registered in the same way as those of an application.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from ..interfaces.server import IServer
from .authorization.return_query import MARK
from .kept_values import critical_name
from .parameters import CORE_RULES, Parameter, ParameterRules
from .token.issued import STANDARD_MEMBERS
from .token.opaque import NAME as OPAQUE
from .token.presentation import BEARER_SCHEME

if TYPE_CHECKING:
    from ..interfaces.authorization import (
        IAuthorizationRequestExtension,
        IAuthorizationRequestSource,
        IClientResolver,
        IResponseType,
    )
    from ..interfaces.extension import IClientAuthentication, IGrantType
    from ..interfaces.tokens import (
        IAccessTokenFormat,
        ISenderConstraint,
        ITokenResponseExtension,
    )

PlugIn = TypeVar("PlugIn")
Made: TypeAlias = Callable[[IServer], PlugIn]

# What the authorization endpoint reads itself, or will.
OWN_PARAMETERS = frozenset(
    {
        *("client_id", "redirect_uri", "response_type", "response_mode", "scope", "state"),
        *("code_challenge", "code_challenge_method", "prompt"),
        # RFC 8707 section 2, RFC 9396 section 2.
        *("resource", "authorization_details"),
        *("interaction", "decision", MARK),
    }
)
PLACES = ("code", "grant")


@dataclass(frozen=True, slots=True)
class Factories:
    """What makes the plug-ins of a server, by their names, in the order of registration."""

    grant_types: Mapping[str, Made[IGrantType]]
    client_authentications: Mapping[str, Made[IClientAuthentication]]
    access_token_formats: Mapping[str, Made[IAccessTokenFormat]]
    response_types: Mapping[str, Made[IResponseType]] = field(default_factory=dict)
    sender_constraints: Mapping[str, Made[ISenderConstraint]] = field(default_factory=dict)
    token_responses: Mapping[str, Made[ITokenResponseExtension]] = field(default_factory=dict)
    request_extensions: Mapping[str, Made[IAuthorizationRequestExtension]] = field(
        default_factory=dict
    )
    request_sources: Mapping[str, Made[IAuthorizationRequestSource]] = field(default_factory=dict)
    client_resolvers: Mapping[str, Made[IClientResolver]] = field(default_factory=dict)


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
    response_types: Mapping[str, IResponseType]
    request_extensions: Mapping[str, IAuthorizationRequestExtension]
    request_sources: Mapping[str, IAuthorizationRequestSource]
    client_resolvers: Mapping[str, IClientResolver]
    rules: ParameterRules
    schemes: frozenset[str]

    @classmethod
    def made(cls, factories: Factories, server: IServer) -> PlugIns:
        """The plug-ins of *server*.

        :raises ValueError: two declare the same name, or one parameter in two ways.
        """
        made = cls(
            _made(factories.grant_types, server),
            _made(factories.client_authentications, server),
            _in_order(_made(factories.access_token_formats, server)),
            _made(factories.sender_constraints, server),
            _made(factories.token_responses, server),
            _made(factories.response_types, server),
            _made(factories.request_extensions, server),
            _made(factories.request_sources, server),
            _made(factories.client_resolvers, server),
            CORE_RULES,
            frozenset(),
        )
        made._check()
        rules = CORE_RULES.including(made._parameters())
        return replace(made, rules=rules, schemes=frozenset({BEARER_SCHEME, *made._schemes()}))

    def extensions_in(self, place: str) -> list[str]:
        """The names of the request extensions whose value stays in that place."""
        return [name for name, each in self.request_extensions.items() if each.place == place]

    def understood(self) -> frozenset[str]:
        """What a record may name as critical: the values of the request extensions."""
        return frozenset(map(critical_name, self.request_extensions))

    def _schemes(self) -> list[str]:
        return [each.scheme.lower() for each in self.sender_constraints.values() if each.scheme]

    def _parameters(self) -> list[Parameter]:
        declared: list[Parameter] = []
        for grant_type in self.grant_types.values():
            declared += grant_type.parameters
        for authentication in self.client_authentications.values():
            declared += authentication.parameters
        for constraint in self.sender_constraints.values():
            declared += constraint.parameters
        for extension in self.request_extensions.values():
            declared += extension.parameters
        return declared + [source.parameter for source in self.request_sources.values()]

    def _check(self) -> None:
        constraints, extensions = self.sender_constraints.values(), self.request_extensions
        _refuse_twice("the confirmation member", (each.members for each in constraints))
        _refuse_twice("the scheme", [[BEARER_SCHEME], *([each] for each in self._schemes())])
        names = (each.names for each in self.token_responses.values())
        _refuse_twice("the member of the token response", [STANDARD_MEMBERS, *names])
        # Extensions may share one, for they only read it.
        read = {each.name for reader in extensions.values() for each in reader.parameters}
        sources = ([each.parameter.name] for each in self.request_sources.values())
        bound = ([each.name for each in constraint.parameters] for constraint in constraints)
        _refuse_twice("the authorization parameter", [OWN_PARAMETERS, read, *sources, *bound])
        for name, extension in extensions.items():
            if extension.place not in PLACES:
                raise ValueError(f"the place of {name} is {extension.place!r}, not code or grant")


def _made(factories: Mapping[str, Made[PlugIn]], server: IServer) -> dict[str, PlugIn]:
    return {name: make(server) for name, make in factories.items()}


def _in_order(formats: dict[str, IAccessTokenFormat]) -> tuple[IAccessTokenFormat, ...]:
    opaque = formats.pop(OPAQUE)
    return (*formats.values(), opaque)


def _refuse_twice(what: str, declared: Iterable[Iterable[str]]) -> None:
    counted = Counter(name for names in declared for name in names)
    if twice := sorted(name for name, number in counted.items() if number > 1):
        raise ValueError(f"{what} {twice[0]} is declared by two plug-ins")

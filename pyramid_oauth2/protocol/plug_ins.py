"""The plug-ins of one server, made by their factories; two that contradict each other are refused.

Our own parts are registered in the same way as those of an application.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from ..interfaces.server import IServer
from .parameters import CORE_RULES, Parameter, ParameterRules
from .token.issued import STANDARD_MEMBERS
from .token.opaque import NAME as OPAQUE
from .token.presentation import BEARER_SCHEME

if TYPE_CHECKING:
    from ..interfaces.extension import IClientAuthentication, IGrantType
    from ..interfaces.tokens import (
        IAccessTokenFormat,
        ISenderConstraint,
        ITokenResponseExtension,
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
        _refuse_twice("the confirmation member", (each.members for each in constraints.values()))
        schemes = [each.scheme.lower() for each in constraints.values() if each.scheme]
        _refuse_twice("the scheme", [[BEARER_SCHEME], *([each] for each in schemes)])
        names = (each.names for each in responses.values())
        _refuse_twice("the member of the token response", [STANDARD_MEMBERS, *names])
        read: list[Parameter] = []
        for readers in (grant_types, authentications, constraints):
            for each in readers.values():
                read += each.parameters
        return cls(
            grant_types,
            authentications,
            _in_order(_made(factories.access_token_formats, server)),
            constraints,
            responses,
            CORE_RULES.including(read),
            frozenset({BEARER_SCHEME, *schemes}),
        )


def _made(factories: Mapping[str, Made[PlugIn]], server: IServer) -> dict[str, PlugIn]:
    return {name: make(server) for name, make in factories.items()}


def _in_order(formats: dict[str, IAccessTokenFormat]) -> tuple[IAccessTokenFormat, ...]:
    opaque = formats.pop(OPAQUE)
    return (*formats.values(), opaque)


def _refuse_twice(what: str, declared: Iterable[Iterable[str]]) -> None:
    counted = Counter(name for names in declared for name in names)
    if twice := sorted(name for name, number in counted.items() if number > 1):
        raise ValueError(f"{what} {twice[0]} is declared by two plug-ins")

"""The plug-ins of one server, made by their factories; two that contradict each other are refused.

Our own parts are registered in the same way as those of an application.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from ..interfaces.server import IServer
from .authorization.return_query import MARK
from .envelope import CRITICAL
from .kept_values import critical_name
from .parameters import CORE_RULES, Parameter, ParameterRules
from .token.opaque import NAME as OPAQUE
from .token.presentation import BEARER_SCHEME
from .token.token_response import RESERVED_NAMES, STANDARD_MEMBERS

if TYPE_CHECKING:
    from ..interfaces.access_token_format import IAccessTokenFormat
    from ..interfaces.authorization import (
        IAuthorizationRequestExtension,
        IAuthorizationRequestSource,
        IClientResolver,
        IResponseType,
    )
    from ..interfaces.endpoints import IEndpoint, IServerMetadata
    from ..interfaces.extension import IClientAuthentication, IClientPolicy, IGrantType
    from ..interfaces.sender_constraint import ISenderConstraint
    from ..interfaces.sessions import ISessions
    from ..interfaces.signer import ISigner
    from ..interfaces.subjects import ISubjects
    from ..interfaces.token_response import ITokenResponseExtension

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
        "protected_resources",
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

# What the authorization endpoint reads itself, or will.
OWN_PARAMETERS = frozenset(
    {
        *("client_id", "redirect_uri", "response_type", "response_mode", "scope", "state"),
        *("code_challenge", "code_challenge_method", "prompt"),
        # OpenID Connect Core section 3.1.2.1.
        *("acr_values", "display", "login_hint", "max_age", "ui_locales"),
        # RFC 8707 section 2, RFC 9396 section 2.
        *("resource", "authorization_details"),
        *("interaction", "decision", MARK),
    }
)
PLACES = ("code", "grant", "request")
NONE = "none"


# Never compared or shown: the class takes 0.3 ms of a start less.
@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Factories:
    """What makes the plug-ins of a server, by their names."""

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
    client_policies: Mapping[str, Made[IClientPolicy]] = field(default_factory=dict)
    endpoints: Mapping[str, Made[IEndpoint]] = field(default_factory=dict)
    server_metadata: Mapping[str, Made[IServerMetadata]] = field(default_factory=dict)
    signer: Made[ISigner] | None = None
    subjects: Made[ISubjects] | None = None
    sessions: Made[ISessions] | None = None


# Never compared or shown: the class takes 0.3 ms of a start less.
@dataclass(frozen=True, slots=True, repr=False, eq=False)
class PlugIns:
    """The plug-ins of a server, by name.

    ``access_token_formats`` are in the order in which they are asked, ours last.
    ``rules`` are those of every parameter that a plug-in reads. ``schemes``, in lower case,
    are those of an Authorization header that presents an access token.
    """

    grant_types: Mapping[str, IGrantType]
    client_authentications: Mapping[str, IClientAuthentication]
    access_token_formats: dict[str, IAccessTokenFormat]
    sender_constraints: Mapping[str, ISenderConstraint]
    token_responses: Mapping[str, ITokenResponseExtension]
    response_types: Mapping[str, IResponseType]
    request_extensions: Mapping[str, IAuthorizationRequestExtension]
    request_sources: Mapping[str, IAuthorizationRequestSource]
    client_resolvers: Mapping[str, IClientResolver]
    client_policies: Mapping[str, IClientPolicy]
    endpoints: Mapping[str, IEndpoint]
    server_metadata: Mapping[str, IServerMetadata]
    signer: ISigner | None
    subjects: ISubjects | None
    sessions: ISessions | None
    rules: ParameterRules
    schemes: frozenset[str]

    @classmethod
    def made(
        cls, factories: Factories, server: IServer, rules: ParameterRules = CORE_RULES
    ) -> PlugIns:
        """The plug-ins of *server*.

        :param rules: those of the core's own parameters.
        :raises ValueError: two declare the same name, or one parameter in two ways.
        """
        made = cls(
            grant_types=_made(factories.grant_types, server),
            client_authentications=_made(factories.client_authentications, server),
            access_token_formats=_in_order(_made(factories.access_token_formats, server)),
            sender_constraints=_made(factories.sender_constraints, server),
            token_responses=_made(factories.token_responses, server),
            response_types=_made(factories.response_types, server),
            request_extensions=_made(factories.request_extensions, server),
            request_sources=_made(factories.request_sources, server),
            client_resolvers=_made(factories.client_resolvers, server),
            client_policies=_made(factories.client_policies, server),
            endpoints=_made(factories.endpoints, server),
            server_metadata=_made(factories.server_metadata, server),
            signer=factories.signer(server) if factories.signer else None,
            subjects=factories.subjects(server) if factories.subjects else None,
            sessions=factories.sessions(server) if factories.sessions else None,
            rules=rules,
            schemes=frozenset(),
        )
        made._check()
        schemes = {BEARER_SCHEME, *made._schemes().values()}
        rules = rules.including(made._parameters())
        return replace(made, rules=rules, schemes=frozenset(schemes))

    def extensions_in(self, place: str) -> list[str]:
        """The names of the request extensions whose value stays in that place."""
        return [name for name, each in self.request_extensions.items() if each.place == place]

    def understood(self) -> frozenset[str]:
        """What a record may name as critical: the values of the request extensions."""
        return frozenset(map(critical_name, self.request_extensions))

    def _schemes(self) -> dict[str, str]:
        constraints = self.sender_constraints
        return {name: each.scheme.lower() for name, each in constraints.items() if each.scheme}

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
        for endpoint in self.endpoints.values():
            declared += endpoint.parameters
        return declared + [source.parameter for source in self.request_sources.values()]

    def _check(self) -> None:
        members = {name: each.members for name, each in self.sender_constraints.items()}
        _refuse_twice("the confirmation member", members)
        schemes = {name: (scheme,) for name, scheme in self._schemes().items()}
        _refuse_twice("the scheme", {CORE: (BEARER_SCHEME,), **schemes})
        names = {name: each.names for name, each in self.token_responses.items()}
        own = STANDARD_MEMBERS | RESERVED_NAMES | {CRITICAL}
        _refuse_twice("the member of the token response", {CORE: own, **names})
        names = {name: each.names for name, each in self.server_metadata.items()}
        _refuse_twice("the member of the server metadata", {CORE: METADATA_MEMBERS, **names})
        for name, method in self.client_authentications.items():
            # RFC 6749 section 2.1: a client of the method none, and no other, is public.
            if method.confidential is (name == NONE):
                raise ValueError(f"{name} proves nothing: only the method none is not confidential")
        _refuse_twice("the authorization parameter", self._authorization_parameters())
        for name, extension in self.request_extensions.items():
            if extension.place not in PLACES:
                raise ValueError(
                    f"the place of {name} is {extension.place!r}, not code, grant or request"
                )
            _refuse_secrets(name, extension.parameters)
        for name, source in self.request_sources.items():
            _refuse_secrets(name, [source.parameter])
        for name, response_type in self.response_types.items():
            _check_response_type(name, response_type)

    def _authorization_parameters(self) -> dict[str, Iterable[str]]:
        declared: dict[str, Iterable[str]] = {CORE: OWN_PARAMETERS}
        for name, constraint in self.sender_constraints.items():
            declared[f"sender constraint {name}"] = [each.name for each in constraint.parameters]
        for name, source in self.request_sources.items():
            declared[f"request source {name}"] = [source.parameter.name]
        # Extensions may share one, for they only read it.
        extensions = self.request_extensions.values()
        read = {each.name for extension in extensions for each in extension.parameters}
        return {**declared, "a request extension": read}


def _made(factories: Mapping[str, Made[PlugIn]], server: IServer) -> dict[str, PlugIn]:
    return {name: make(server) for name, make in factories.items()}


def _in_order(formats: dict[str, IAccessTokenFormat]) -> dict[str, IAccessTokenFormat]:
    opaque = formats.pop(OPAQUE)
    return {**formats, OPAQUE: opaque}


def _refuse_twice(what: str, declared: Mapping[str, Iterable[str]]) -> None:
    owners: dict[str, str] = {}
    for owner, names in declared.items():
        for name in names:
            if name in owners:
                raise ValueError(f"{what} {name} is declared by two: {owners[name]} and {owner}")
            owners[name] = owner


def _refuse_secrets(name: str, parameters: Iterable[Parameter]) -> None:
    if any(each.secret or each.name in CORE_RULES.secret for each in parameters):
        # The login would return without it: a secret is not put into our URL.
        raise ValueError(f"{name} reads a secret, which no authorization request has")


def _check_response_type(name: str, response_type: IResponseType) -> None:
    if name.split() != [name]:
        # RFC 6749 section 3.1.1: of names that are separated by spaces, "the order of values
        # does not matter".
        raise ValueError(f"the response type {name!r} is not one word")
    if not response_type.redeemed and not response_type.fragment_only:
        raise ValueError(f"{name} responds with an access token, so it must be fragment_only")
    if response_type.fragment_only and response_type.default_mode == "query":
        raise ValueError(f"{name} is fragment_only, but its default_mode is query")

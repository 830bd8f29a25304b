"""The client registration endpoint (RFC 7591 section 3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from zope.interface import implementer

from ...interfaces.endpoints import IEndpoint
from ...protocol.authorization_server import AuthorizationServer
from ...protocol.clients.policies import check_policies
from ...protocol.clients.registered_metadata import metadata_error, registered_metadata
from ...protocol.clients.registry import ClientRegistry, Registered
from ...protocol.clients.rules import (
    InvalidClientMetadata,
    client_of,
    record_fields,
    to_register,
)
from ...protocol.clients.source import REGISTERED, SOURCE
from ...protocol.endpoints import EndpointRequest, EndpointResponse
from ...protocol.errors import InvalidToken
from ...protocol.events import Emit
from ...protocol.parameters import Parameter
from ...protocol.records import Client
from ...protocol.refusal import Refusal
from ...protocol.token.required import MISSING, SENT
from ...protocol.token_strings import (
    is_initial_access_token,
    new_client_id,
    new_registration_access_token,
)
from ...settings import Settings
from .bearer import bearer_token
from .blocking import refuse_blocked
from .client_information import NAME, client_information
from .initial_access_tokens import InitialAccessTokens
from .limits import Limits
from .policy import Policy
from .refused_registration import reported
from .registration import UNUSED, Registration, Registrations
from .request_body import metadata_in
from .settings import OPEN, SCOPE, USER, RegistrationSettings
from .software_statements import SoftwareStatements
from .sweeping import Sweeper

INITIAL_TOKEN = Refusal("initial_access_token", "RFC 7591 section 3", decided_by="client")
OF_USER = Refusal("registration_of_user", "RFC 7591 section 3", decided_by="user")
AUDIENCE = Refusal("registration_audience", "RFC 8707 section 2", decided_by="token")


@dataclass(frozen=True, slots=True)
class _Permission:
    """Why a client may register itself, and within which limits."""

    policy: Policy
    owner: str | None = None
    initial_access_token: str | None = field(default=None, repr=False)

    @property
    def own_policy(self) -> Policy | None:
        """That of the initial access token; None: the settings have it, also later."""
        return None if self.initial_access_token is None else self.policy

    @property
    def is_open(self) -> bool:
        """Whether anyone has it."""
        return self.initial_access_token is None and self.owner is None


@implementer(IEndpoint)
class RegistrationEndpoint:
    """Registers clients. What is registered says nothing of who the client is."""

    methods = ("POST",)
    cross_origin = True
    parameters: tuple[Parameter, ...] = ()

    def __init__(self, server: AuthorizationServer, settings: Settings) -> None:
        self._server = server
        self._settings = settings.of(RegistrationSettings)
        self._tokens = InitialAccessTokens(server)
        self._registrations = Registrations(server)
        self._sweeper = Sweeper(server)
        self._limits = Limits(server, settings, self._sweeper)
        self._statements = SoftwareStatements(server, self._settings.software_issuers)

    def process(self, request: EndpointRequest) -> EndpointResponse:
        """Register a client.

        :raises OAuth2Error: it may not register itself, or its metadata is not valid.
        """
        with reported(request):
            return self._process(request)

    def _process(self, request: EndpointRequest) -> EndpointResponse:
        permission = self._permission(request)
        body = self._statements.applied(metadata_in(request.http))
        client = self._client(body, permission)
        if permission.initial_access_token is None:
            self._limits.count(request, permission.owner)
        # It reads the store, so only now.
        refuse_blocked(self._server, client)
        token = new_registration_access_token(self._server.random)
        registration = Registration(
            client.client_id, permission.own_policy, "", UNUSED, self._server.clock()
        )
        registration = replace(registration, statement=body.get(NAME, ""))
        registered = self._registered(
            request, client, permission, registration.with_token(token, 0)
        )
        self._sweeper.sweep_some(request.emit)
        members = client_information(
            self._server, registered.client, token, registered.secret, registration.statement
        )
        return EndpointResponse.json(members, 201, stored=True)

    def _registered(
        self,
        request: EndpointRequest,
        client: Client,
        permission: _Permission,
        registration: Registration,
    ) -> Registered:
        # First: a client without it could not be changed or removed.
        self._registrations.put(registration)
        if permission.is_open:
            self._limits.count_unused(registration, request.emit)
        registry = ClientRegistry(self._server, self._server.clients, request.emit)
        registered = registry.add(client)
        stored = replace(registration, version=0)
        if permission.owner is not None:
            self._limits.count_owned(permission.owner, stored, request.emit)
        if permission.initial_access_token is not None:
            self._spend(permission.initial_access_token, stored, request.emit)
        return registered

    def _permission(self, request: EndpointRequest) -> _Permission:
        value = bearer_token(request.http)
        policy = Policy.of(self._settings)
        if value is not None and is_initial_access_token(value):
            found = self._tokens.find(value)
            if found is None:
                raise InvalidToken(
                    "The initial access token is unknown, expired or used up.",
                    refusal=INITIAL_TOKEN.comparing(token=value),
                )
            return _Permission(found.policy, initial_access_token=value)
        if self._settings.who == OPEN and value is None:
            self._limits.attempt(request).refuse_if_blocked()
            return _Permission(policy)
        if self._settings.who == USER:
            return _Permission(policy, owner=self._user(request))
        if value is None:
            raise InvalidToken(MISSING, refusal=SENT)
        raise InvalidToken("This is not an initial access token.", refusal=INITIAL_TOKEN)

    def _user(self, request: EndpointRequest) -> str:
        token = request.access_token(SCOPE)
        if token.subject is None:
            raise InvalidToken("The access token is that of no user.", refusal=OF_USER)
        resources = self._server.resources
        if resources.area not in resources.audience(token.access.resources):
            # An API receives such tokens, and could register clients in the names of its users.
            raise InvalidToken(
                "The access token is for another API.",
                refusal=AUDIENCE.comparing(audience=token.access.resources),
            )
        return token.subject

    def _client(self, body: Mapping[str, Any], permission: _Permission) -> Client:
        """The client to register. Its rules are checked before the registration is counted."""
        try:
            metadata = registered_metadata(self._server, body)
            metadata = permission.policy.applied(metadata, self._server.known_scopes)
            metadata |= {
                "client_id": new_client_id(self._server.random),
                "owner": permission.owner,
                SOURCE.name: REGISTERED,
            }
            client = client_of(record_fields(self._server, metadata, {}))
            registered = to_register(self._server, client)
            check_policies(self._server, registered)
            return registered
        except InvalidClientMetadata as invalid:
            raise metadata_error(invalid) from None

    def _spend(self, token: str, registration: Registration, emit: Emit) -> None:
        """Count a registration whose client is stored.

        Last: a client that gets a 503 and sends its request again must not be refused by then. The
        client that was stored for the first one is removed as unused.
        """
        if not self._tokens.spend(token):
            self._sweeper.end(registration, emit)
            raise InvalidToken("The initial access token is used up.", refusal=INITIAL_TOKEN)

"""The client configuration endpoint: reading, changing, deleting a registration (RFC 7592)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs

from zope.interface import implementer

from ...interfaces.endpoints import IEndpoint
from ...protocol.authorization_server import AuthorizationServer
from ...protocol.clients.extra import value_of
from ...protocol.clients.fixed_fields import without_fixed
from ...protocol.clients.policies import check_policies
from ...protocol.clients.registered_metadata import metadata_error, registered_metadata
from ...protocol.clients.registry import ClientChangedMeanwhile, ClientRegistry, UnknownClient
from ...protocol.clients.rules import InvalidClientMetadata, check_change
from ...protocol.clients.secrets import verify_secret
from ...protocol.clients.source import APPROVED
from ...protocol.contention import Contention
from ...protocol.endpoints import EndpointRequest, EndpointResponse
from ...protocol.errors import AccessDenied, InvalidMetadata, InvalidToken
from ...protocol.parameters import Parameter
from ...protocol.records import Client
from ...protocol.refusal import Refusal
from ...protocol.token.required import MISSING, SENT
from ...protocol.token_strings import is_registration_access_token, new_registration_access_token
from ...settings import Settings
from .bearer import bearer_token
from .blocking import refuse_blocked
from .client_information import NAME, client_information
from .policy import Policy
from .refused_registration import reported
from .registration import Registration, Registrations
from .request_body import metadata_in
from .settings import RegistrationSettings
from .software_statements import SoftwareStatements
from .sweeping import Sweeper

TOKEN = Refusal("registration_access_token", "RFC 7592 section 3", decided_by="client")
ENABLED = Refusal("registered_client_enabled", "RFC 7592 section 2.1", decided_by="client")
SAME_CLIENT = Refusal("registration_same_client", "RFC 7592 section 2.2", decided_by="client")
NOT_SENT = Refusal("registration_member_not_sent", "RFC 7592 section 2.2")
# RFC 7592 section 2.2: the request "MUST NOT include" these.
OURS = (
    *("registration_access_token", "registration_client_uri"),
    *("client_secret_expires_at", "client_id_issued_at"),
)
UNKNOWN = "The registration access token is not that of this client."


@implementer(IEndpoint)
class ClientConfigurationEndpoint:
    """What a client that has registered itself may do with its registration."""

    methods = ("GET", "PUT", "DELETE")
    cross_origin = True
    parameters: tuple[Parameter, ...] = ()

    def __init__(self, server: AuthorizationServer, settings: Settings) -> None:
        self._server = server
        own = settings.of(RegistrationSettings)
        self._policy = Policy.of(own)
        self._statements = SoftwareStatements(server, own.software_issuers)
        self._registrations = Registrations(server)
        self._sweeper = Sweeper(server)

    def process(self, request: EndpointRequest) -> EndpointResponse:
        """Read, replace or delete the registration.

        :raises OAuth2Error: it is refused.
        """
        with reported(request):
            token, registration, client = self._authenticated(request)
        if request.http.method == "DELETE":
            self._sweeper.end(registration, request.emit)
            return EndpointResponse(status=204)
        if request.http.method == "PUT":
            with reported(request, client.client_id):
                return self._replaced(request, token, registration, client)
        return self._information(client, token, registration)

    def _information(
        self, client: Client, token: str, registration: Registration, secret: str | None = None
    ) -> EndpointResponse:
        statement = registration.statement
        return EndpointResponse.json(
            client_information(self._server, client, token, secret, statement)
        )

    def _authenticated(self, request: EndpointRequest) -> tuple[str, Registration, Client]:
        token = bearer_token(request.http)
        if token is None:
            raise InvalidToken(MISSING, refusal=SENT)
        client_id = _client_id(request.http.query)
        registration = None
        if is_registration_access_token(token) and client_id:
            registration = self._registrations.find(client_id)
        if registration is None or not registration.is_of(token, self._server.clock()):
            raise InvalidToken(UNKNOWN, refusal=TOKEN.comparing(client_id=client_id))
        client = self._client(client_id)
        if client is None:
            # RFC 7592 section 2.1: "the server MUST respond with 401 Unauthorized".
            raise InvalidToken(UNKNOWN, refusal=TOKEN.comparing(client_id=client_id))
        if client.disabled_at is not None:
            raise AccessDenied("The client is disabled.", refusal=ENABLED)
        return token, registration, client

    def _replaced(
        self, request: EndpointRequest, presented: str, registration: Registration, client: Client
    ) -> EndpointResponse:
        body = metadata_in(request.http)
        self._check_identity(body, client)
        body = self._statements.applied(body)
        registry = ClientRegistry(self._server, self._server.clients, request.emit)
        changed = self._edited(registry, body, registration, client)
        secret: str | None = None
        if self._server.has_secret(changed) and not changed.client_secrets:
            # It had a method without one before.
            issued = registry.rotate_secret(changed.client_id)
            changed, secret = issued.client, issued.secret
        # After the change: what is lost with a response is then the token alone, of which the
        # earlier one is accepted for a while.
        token = new_registration_access_token(self._server.random)
        contention, now = Contention("the registration"), self._server.clock()
        while True:
            replaced = replace(registration, statement=body.get(NAME, ""))
            if self._registrations.put(replaced.with_token(token, now, presented)):
                return self._information(changed, token, replaced, secret)
            contention.lost()
            found = self._registrations.find(client.client_id)
            if found is None or not found.token:
                raise InvalidToken(UNKNOWN, refusal=TOKEN)
            registration = found

    def _edited(
        self,
        registry: ClientRegistry,
        body: Mapping[str, Any],
        registration: Registration,
        client: Client,
    ) -> Client:
        contention = Contention("the client")
        try:
            metadata = registered_metadata(self._server, body)
            # Of what results, not of what is sent: two changes together may be too much.
            policy = registration.policy or self._policy
            metadata = policy.applied(metadata, self._server.known_scopes)
            replacement = {**self._defaults(), **metadata}
            while True:
                changes = without_fixed(client, replacement)
                result = check_change(self._server, client, changes)
                refuse_blocked(self._server, result)
                check_policies(self._server, result)
                # An operator approved what it is now; another change may have come before this.
                ends = {APPROVED.name: False} if self._differs(client, changes) else {}
                try:
                    return registry.edit(client.client_id, client.version, **changes, **ends)
                except ClientChangedMeanwhile:
                    contention.lost()
                    client = self._client(client.client_id) or client
        except InvalidClientMetadata as invalid:
            raise metadata_error(invalid) from None
        except UnknownClient:
            raise InvalidToken(UNKNOWN, refusal=TOKEN) from None

    def _differs(self, client: Client, changes: Mapping[str, Any]) -> bool:
        fields = self._server.client_fields
        return any(value_of(fields[name], client) != value for name, value in changes.items())

    def _defaults(self) -> dict[str, Any]:
        """RFC 7592 section 2.2: what is left out is to be deleted."""
        fields = self._server.client_fields.values()
        return {each.name: each.default for each in fields if "registration" in each.set_by}

    def _check_identity(self, body: Mapping[str, Any], client: Client) -> None:
        if body.get("client_id") != client.client_id:
            raise InvalidMetadata(
                "client_id: send the one that the registration has.", refusal=SAME_CLIENT
            )
        for name in OURS:
            if name in body:
                raise InvalidMetadata(
                    f"{name}: leave it out.", refusal=NOT_SENT.comparing(name=name)
                )
        secret = body.get("client_secret")
        # "this value MUST match the currently issued client secret for that client"
        if secret is not None and not (
            isinstance(secret, str)
            and verify_secret(secret, client.client_secrets, self._server.clock())
        ):
            raise InvalidMetadata(
                "client_secret: it is the present one, or left out.", refusal=SAME_CLIENT
            )

    def _client(self, client_id: str) -> Client | None:
        # As it is stored: another process may have changed it a moment ago.
        *_, client = self._server.clients.readings(client_id)
        return client


def _client_id(query: str) -> str:
    values = parse_qs(query).get("client_id", [""])
    return values[0] if len(values) == 1 else ""

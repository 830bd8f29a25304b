"""Whether an assertion proves the client: what it says first, then the key, then the signature.

No key is looked for before everything else is right, since its set may have to be fetched:
anyone can send an assertion in the name of any client.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from ...interfaces.server import IServer
from ...jose.algorithms import same_as
from ...jose.compact import CompactJWT
from ...jose.public_keys import PublicKey
from ...jose.refused import JWTRefused
from ...jose.uses import CLIENT_ASSERTION
from ...jose.verification import verify_parsed
from ...protocol.client_authentication.credentials import Authenticated
from ...protocol.clients.extra import value_of
from ...protocol.events import Emit
from ...protocol.http import HTTPRequest
from ...protocol.records import Client
from ...protocol.refusal import Refusal
from .assertion import Assertion, check_assertion
from .client_fields import LEGACY_ASSERTION_AUDIENCE, TOKEN_ENDPOINT_AUTH_SIGNING_ALG
from .client_keys import ClientKeys
from .stand_in_keys import stand_in


@dataclass(frozen=True, slots=True)
class Verifier:
    """Verifies the assertions of a server's clients."""

    server: IServer
    keys: ClientKeys

    def read(self, value: str, http: HTTPRequest, client_id: str) -> Assertion:
        """The assertion of a request, of which nothing is verified.

        :param client_id: of its form.
        """
        return Assertion.read(value, http, client_id)

    def verified(self, assertion: Assertion, client: Client | None) -> Authenticated | Refusal:
        """What is to be reserved if the assertion proves the client; else why it does not.

        :param client: None for one that is unknown, or not registered for the method.
        :raises TemporarilyUnavailable: the keys of the client cannot be fetched now.
        """
        jwt = assertion.jwt
        if jwt is None:
            assert assertion.refusal is not None
            return assertion.refusal
        now = self.server.clock()
        try:
            check_assertion(jwt, assertion.client_id, self._audiences(assertion, client), now)
            find = partial(self._keys, client, assertion.http)
            verify_parsed(jwt, CLIENT_ASSERTION, find, now, _algorithms(client))
        except JWTRefused as refused:
            return refused.refusal
        return Authenticated((assertion.single_use(jwt),))

    def _audiences(self, assertion: Assertion, client: Client | None) -> tuple[str, ...]:
        if client is None or not value_of(LEGACY_ASSERTION_AUDIENCE, client):
            return (self.server.issuer,)
        # RFC 7523 section 3, item 3: "The token endpoint URL of the authorization server MAY be
        # used"; older clients name the endpoint that they call.
        return self.server.issuer, self.server.url("token"), assertion.http.url

    def _keys(
        self, client: Client | None, http: HTTPRequest, jwt: CompactJWT
    ) -> tuple[PublicKey, ...]:
        if client is None:
            # It refuses everything, and takes as long as the key of a client.
            return stand_in(jwt.algorithm)
        found = self.keys.fitting(client, jwt, http)
        if not found:
            for key in stand_in(jwt.algorithm):
                key.verifies(jwt.algorithm, jwt.signed, jwt.signature)
        return found


def _algorithms(client: Client | None) -> frozenset[str] | None:
    registered = value_of(TOKEN_ENDPOINT_AUTH_SIGNING_ALG, client) if client else ""
    return same_as(registered) if registered else None


def make_verifier(server: IServer, registry: Any, emit: Emit) -> Verifier:
    """The verifier of a server, with nothing fetched yet.

    :param registry: of the application, which may have another fetcher, for tests.
    :param emit: gets the events of what is fetched.
    """
    return Verifier(server, ClientKeys(server, registry, emit))

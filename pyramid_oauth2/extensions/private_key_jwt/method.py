"""The method ``private_key_jwt`` of client authentication, without what verifies an assertion."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from zope.interface import implementer

from ...interfaces.extension import IClientAuthentication
from ...interfaces.server import IServer
from ...per_process import PerProcess
from ...protocol.client_authentication.credentials import ASSERTION, Authenticated, Credentials
from ...protocol.errors import InvalidRequest
from ...protocol.events import Emit, emit_nothing
from ...protocol.http import HTTPRequest
from ...protocol.parameters import Parameter
from ...protocol.records import Client
from ...protocol.refusal import Refusal
from .names import ASSERTION_TYPE, JWT_BEARER

if TYPE_CHECKING:
    from .verifier import Verifier

SENT = Refusal("client_assertion_sent", "RFC 7521 section 4.2")
ALONE = Refusal("client_assertion_alone", "RFC 6749 section 2.3")


@implementer(IClientAuthentication)
class PrivateKeyJWT:
    """``client_assertion``: a JWT that the client has signed with its private key.

    :param registry: of the application, which may have another fetcher, for tests.
    :param emit: gets the events of what is fetched.
    """

    confidential = True
    by_secret = False
    ambient = False
    # An assertion is no scheme of the Authorization header.
    challenge = None
    parameters = (Parameter(ASSERTION, secret=True), Parameter(ASSERTION_TYPE))

    def __init__(
        self,
        server: IServer,
        settings: object = None,
        *,
        registry: Any = None,
        emit: Emit = emit_nothing,
    ) -> None:
        # Each process has its own: there are locks in it, and what it has fetched.
        self._verifier = PerProcess(partial(_make_verifier, server, registry, emit))

    def credentials(self, http: HTTPRequest, form: Mapping[str, str]) -> Credentials | None:
        """The assertion in the form, which names its client itself.

        :raises InvalidRequest: it is missing, or there is an Authorization header too.
        """
        # Assertions of other types belong to other methods.
        if form.get(ASSERTION_TYPE) != JWT_BEARER:
            return None
        value = form.get(ASSERTION)
        if value is None:
            raise InvalidRequest("The parameter client_assertion is missing.", refusal=SENT)
        if "authorization" in http.headers:
            # RFC 6749 section 2.3: "The client MUST NOT use more than one authentication method in
            # each request", also of a scheme that no method here reads.
            raise InvalidRequest(
                "The client authenticates by more than one method; use one.", refusal=ALONE
            )
        return self._verifier().read(value, http, form.get("client_id", ""))

    def authenticate(
        self, credentials: Credentials, client: Client | None
    ) -> Authenticated | Refusal | None:
        """Check that the client has signed the assertion, for this server and now.

        :raises TemporarilyUnavailable: its keys cannot be fetched now.
        """
        verifier = self._verifier()
        return verifier.verified(cast("Any", credentials), client)


def _make_verifier(server: IServer, registry: Any, emit: Emit) -> Verifier:
    from .verifier import make_verifier

    return make_verifier(server, registry, emit)

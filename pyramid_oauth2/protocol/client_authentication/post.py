"""``client_secret_post``: id and secret in the form body (RFC 6749 section 2.3.1)."""

from __future__ import annotations

from collections.abc import Mapping

from zope.interface import implementer

from ...interfaces.extension import IClientAuthentication
from ...interfaces.server import IServer
from ..clients.secrets import verify_secret
from ..errors import InvalidClient
from ..http import HTTPRequest
from ..parameters import Parameter
from ..records import Client
from ..refusal import Refusal
from ..token_strings import is_client_secret
from .credentials import ASSERTION, Authenticated, Credentials

CLIENT_ID = Refusal("client_id_beside_secret", "RFC 6749 section 2.3.1")


@implementer(IClientAuthentication)
class ClientSecretPost:
    """``client_id`` and ``client_secret`` as form parameters."""

    confidential = True
    by_secret = True
    ambient = False
    # RFC 6749 section 5.2 wants one for the scheme that the client used, and this is none.
    challenge = None
    parameters = (Parameter("client_secret", secret=True),)

    def __init__(self, server: IServer, settings: object = None) -> None:
        self._server = server

    def credentials(self, http: HTTPRequest, form: Mapping[str, str]) -> Credentials | None:
        """The credentials in the form.

        :raises InvalidClient: there is a secret without a client_id, and no
            Authorization header and no assertion that could carry the client_id.
        """
        if "client_secret" not in form:
            return None
        client_id = form.get("client_id", "")
        if not client_id and "authorization" not in http.headers and ASSERTION not in form:
            raise InvalidClient("There is a client_secret, but no client_id.", refusal=CLIENT_ID)
        secret = form["client_secret"]
        guessable = not is_client_secret(secret)
        return Credentials("client_secret_post", client_id, secret, guessable)

    def authenticate(self, credentials: Credentials, client: Client | None) -> Authenticated | None:
        """Check that the secret is one of the client's."""
        secrets = client.client_secrets if client else ()
        right = verify_secret(credentials.secret, secrets, self._server.clock())
        return Authenticated() if right else None

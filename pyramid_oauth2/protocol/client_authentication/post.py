"""``client_secret_post``: id and secret in the form body (RFC 6749 section 2.3.1)."""

from __future__ import annotations

from collections.abc import Mapping

from zope.interface import implementer

from ...interfaces.extension import IClientAuthentication
from ..clients.secrets import verify_secret
from ..errors import InvalidClient
from ..http import HTTPRequest
from ..records import Client
from .credentials import Credentials


@implementer(IClientAuthentication)
class ClientSecretPost:
    """``client_id`` and ``client_secret`` as form parameters."""

    def credentials(self, http: HTTPRequest, form: Mapping[str, str]) -> Credentials | None:
        """The credentials in the form.

        :raises InvalidClient: there is a secret without a client_id, and no
            Authorization header that could carry the client_id.
        """
        if "client_secret" not in form:
            return None
        client_id = form.get("client_id", "")
        if not client_id and "authorization" not in http.headers:
            raise InvalidClient("There is a client_secret, but no client_id.")
        return Credentials("client_secret_post", client_id, form["client_secret"])

    def verify(self, credentials: Credentials, client: Client | None, now: int) -> bool:
        """Whether the secret is one of the client's."""
        return verify_secret(credentials.secret, client.client_secrets if client else (), now)

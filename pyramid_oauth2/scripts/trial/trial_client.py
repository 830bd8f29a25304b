"""The client of a trial."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from ...protocol.client_authentication.basic import basic_authorization
from ...protocol.clients.registry import ClientRegistry, UnknownClient
from ...protocol.records import Client
from ...protocol.redirect_uris import LOOPBACK_HOSTS
from .failure import TrialFailed

REDIRECT_URI = "http://127.0.0.1/callback"
CODE, CLIENT_CREDENTIALS = "authorization_code", "client_credentials"
BASIC, POST, NONE = "client_secret_basic", "client_secret_post", "none"


@dataclass(frozen=True, slots=True)
class TrialClient:
    """A client, and its secret if it has one."""

    client: Client
    secret: str | None = field(repr=False, default=None)

    def authentication(self) -> tuple[dict[str, str], dict[str, str]]:
        """The headers and the parameters by which it authenticates (RFC 6749 section 2.3.1)."""
        client_id, secret = self.client.client_id, self.secret or ""
        if self.client.token_endpoint_auth_method == BASIC:
            return {"Authorization": basic_authorization(client_id, secret)}, {}
        if self.client.token_endpoint_auth_method == POST:
            return {}, {"client_id": client_id, "client_secret": secret}
        return {}, {"client_id": client_id}

    def loopback_redirect_uris(self) -> list[str]:
        """The redirect URIs at which a program on this machine can receive the response.

        :raises TrialFailed: it has none.
        """
        found = [uri for uri in self.client.redirect_uris if _is_loopback(uri)]
        if not found:
            raise TrialFailed(
                f"no redirect URI of {self.client.client_id} leads to this machine, so its "
                "response cannot be received here. Leave the client out, or register one with "
                f"{REDIRECT_URI}"
            )
        return found


def _is_loopback(uri: str) -> bool:
    parts = urlsplit(uri)
    return parts.scheme == "http" and parts.hostname in LOOPBACK_HOSTS


def registered_client(registry: ClientRegistry, client_id: str) -> Client:
    """The client that a person named.

    :raises TrialFailed: there is none, it is disabled, or it authenticates in another way.
    """
    try:
        client = registry.get(client_id)
    except UnknownClient:
        raise TrialFailed("there is no client of that client_id") from None
    if client.disabled_at is not None:
        raise TrialFailed(
            f"the client is disabled; to enable it: poauth2 INI client enable {client_id}"
        )
    if client.token_endpoint_auth_method not in (BASIC, POST, NONE):
        raise TrialFailed(
            f"the client authenticates by {client.token_endpoint_auth_method}, which this command "
            "cannot do. Leave the client out, or name one with a secret or a public one."
        )
    return client

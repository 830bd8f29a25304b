"""The client of a trial: a registered one, or one that exists for the trial only."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import quote_plus, urlsplit

from ...protocol.clients.registry import ClientRegistry, UnknownClient
from ...protocol.clients.rules import InvalidClientMetadata
from ...protocol.records import Client
from ...protocol.redirect_uris import LOOPBACK_HOSTS
from .failure import TrialFailed

NAME = "poauth2 try"
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
            pair = f"{quote_plus(client_id)}:{quote_plus(secret)}"
            return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}, {}
        if self.client.token_endpoint_auth_method == POST:
            return {}, {"client_id": client_id, "client_secret": secret}
        return {}, {"client_id": client_id}

    def loopback_redirect_uri(self) -> str:
        """The redirect URI at which a program on this machine can receive the response.

        :raises TrialFailed: it has none.
        """
        for uri in self.client.redirect_uris:
            parts = urlsplit(uri)
            if parts.scheme == "http" and parts.hostname in LOOPBACK_HOSTS:
                return uri
        raise TrialFailed(
            f"no redirect URI of {self.client.client_id} leads to this machine, so its response "
            f"cannot be received here. Leave the client out, or register one with {REDIRECT_URI}"
        )


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


@contextmanager
def temporary_client(
    registry: ClientRegistry, grant_type: str, scope: frozenset[str]
) -> Iterator[TrialClient]:
    """Register a client for the time of the trial: a native app, or a machine.

    Its deletion at the end ends its tokens as well.

    :raises TrialFailed: the settings of the server do not allow such a client.
    """
    native = {"redirect_uris": (REDIRECT_URI,), "token_endpoint_auth_method": NONE}
    metadata = native if grant_type == CODE else {}
    try:
        registered = registry.add(
            client_name=NAME, grant_types=(grant_type,), scope=scope, **metadata
        )
    except InvalidClientMetadata as invalid:
        raise TrialFailed(
            f"no client can be registered: {'; '.join(invalid.problems.values())}"
        ) from None
    try:
        yield TrialClient(registered.client, registered.secret)
    finally:
        registry.delete(registered.client.client_id)

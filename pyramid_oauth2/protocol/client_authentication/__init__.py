"""Client authentication (RFC 6749 section 2.3): exactly one method, the registered one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, TypeGuard

from ..errors import InvalidClient, InvalidRequest
from ..events import ClientAuthenticationFailed, Emit
from ..records import CLIENT_ID_LENGTH, Client
from ..token_strings import is_client_secret
from .credentials import Credentials

if TYPE_CHECKING:
    from ..authorization_server import AuthorizationServer
    from ..http import HTTPRequest

BY_SECRET = frozenset({"client_secret_basic", "client_secret_post"})


def authenticate_client(
    server: AuthorizationServer, http: HTTPRequest, form: Mapping[str, str], emit: Emit
) -> Client:
    """Return the client that the request authenticates as.

    :param emit: receives the event of a failure.
    :raises InvalidClient: authentication failed; the same error for an unknown
        client, a disabled one, a wrong secret, and a method that is not the client's.
    :raises InvalidRequest: the request uses several methods at once.
    :raises TemporarilyUnavailable: there were too many failures before (429).
    """
    credentials = _presented(server, http, form)
    attempt = server.throttle.client_authentication(http, credentials.client_id, emit)
    if _is_guessable(credentials):
        attempt.refuse_if_blocked()
    readings = _readings(server, credentials)
    named = next(readings)
    # Verified also if there is no client, so that the time does not reveal it.
    if _proves(named, credentials, server):
        return named
    for named in readings:
        if _usable(named, credentials) and _proves(named, credentials, server):
            return named
    attempt.refuse_if_blocked()
    known = named.client_id if named else None
    emit(
        ClientAuthenticationFailed(
            client_id=known, method=credentials.method, remote_addr=http.remote_addr
        )
    )
    attempt.count_or_refuse(known)
    raise InvalidClient(
        "The client is unknown, or did not authenticate in the way it is registered for."
    )


def _presented(
    server: AuthorizationServer, http: HTTPRequest, form: Mapping[str, str]
) -> Credentials:
    found = {
        name: credentials
        for name, method in server.client_authentications.items()
        if (credentials := method.credentials(http, form)) is not None
    }
    asserts = "client_assertion" in form
    if len(found) > 1 or asserts:
        # A client_id in the body is a method of its own only where nothing
        # else is presented; beside another one it is an identifier.
        found.pop("none", None)
    # An assertion is a method of its own (RFC 7521 section 4.2), even if no
    # registered method reads it: a client that sends one relies on it.
    if len(found) > 1 or (asserts and found.keys() & BY_SECRET):
        # RFC 6749 section 2.3: "The client MUST NOT use more than one
        # authentication method in each request."
        raise InvalidRequest("The client authenticates by more than one method; use one.")
    if not found.keys() - {"none"} and "authorization" in http.headers:
        # RFC 6749 section 5.2: an attempt by the header gets a 401 with a challenge.
        raise InvalidClient("The Authorization header is not of a scheme that the server knows.")
    if not found:
        raise InvalidClient("The client did not authenticate, nor send its client_id.")
    (credentials,) = found.values()
    if form.get("client_id", credentials.client_id) != credentials.client_id:
        raise InvalidRequest("The client_id in the body is not the one that authenticates.")
    return credentials


def _is_guessable(credentials: Credentials) -> bool:
    # 256 random bits cannot be guessed, and a public client has no secret to guess:
    # a block of their address does not keep them out.
    return credentials.method != "none" and not is_client_secret(credentials.secret)


def _readings(server: AuthorizationServer, credentials: Credentials) -> Iterator[Client | None]:
    if len(credentials.client_id) > CLIENT_ID_LENGTH or "\0" in credentials.client_id:
        return iter([None])
    return server.clients.readings(credentials.client_id)


def _proves(
    named: Client | None, credentials: Credentials, server: AuthorizationServer
) -> TypeGuard[Client]:
    client = named if _usable(named, credentials) else None
    method = server.client_authentications[credentials.method]
    return method.verify(credentials, client, server.clock()) and client is not None


def _usable(client: Client | None, credentials: Credentials) -> bool:
    if client is None or client.disabled_at is not None:
        return False
    # RFC 7591 section 2: the registered method, and no weaker one.
    return client.token_endpoint_auth_method == credentials.method

"""Client authentication (RFC 6749 section 2.3): exactly one method, one that the client may use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from ..clients.authentication_methods import methods_of
from ..errors import InvalidClient, InvalidRequest
from ..events import ClientAuthenticationFailed, Emit
from ..records import CLIENT_ID_LENGTH, Client
from ..refusal import Refusal
from .credentials import ASSERTION, FAILED, Authenticated, Credentials

if TYPE_CHECKING:
    from ...interfaces.extension import IClientAuthentication
    from ..authorization_server import AuthorizationServer
    from ..http import HTTPRequest

ONE_METHOD = Refusal("client_authentication_once", "RFC 6749 section 2.3")
SCHEME = Refusal("authorization_scheme", "RFC 6749 section 5.2")
SENT = Refusal("client_authentication_sent", "RFC 6749 section 3.2.1")
SAME_CLIENT = Refusal("client_id_same", "RFC 6749 section 2.3.1")
KNOWN = Refusal("client_known", "RFC 6749 section 5.2", decided_by="client")
ENABLED = Refusal("client_enabled", "RFC 6749 section 5.2", decided_by="client.disabled_at")
METHOD = Refusal(
    "client_authentication_method",
    "RFC 7591 section 2",
    decided_by="client.token_endpoint_auth_method",
)
SECRET = Refusal("client_secret", "RFC 6749 section 2.3.1", decided_by="client.client_secrets")
PROOF = Refusal("client_proof", "RFC 6749 section 2.3.2", decided_by="client")
ASSERTION_TYPE = Refusal("client_assertion_type", "RFC 7521 section 4.2")


class Proven(NamedTuple):
    """A client that has authenticated."""

    client: Client
    authenticated: Authenticated


def authenticate_client(
    server: AuthorizationServer, http: HTTPRequest, form: Mapping[str, str], emit: Emit
) -> tuple[Client, Authenticated]:
    """Return the client that the request authenticates as. Nothing is written.

    :param emit: receives the event of a failure.
    :return: the client, and what is to be reserved for its proof.
    :raises InvalidClient: authentication failed; the same error for an unknown
        client, a disabled one, a wrong secret, and a method that is not the client's.
    :raises InvalidRequest: the request uses several methods at once.
    :raises TemporarilyUnavailable: there were too many failures before (429).
    """
    credentials, ambient = _presented(server, http, form)
    attempt = partial(server.throttle.client_authentication, http, credentials.client_id, emit)
    if credentials.guessable:
        attempt().refuse_if_blocked()
    readings = _readings(server, credentials)
    named = next(readings)
    # Verified also if there is no client, so that the time does not reveal it.
    found = _authenticated(server, named, credentials, ambient)
    if isinstance(found, Proven):
        # Before the next reading, which is one of the store.
        return found.client, found.authenticated
    for named in readings:
        if _usable(named, _of(named, credentials, ambient)):
            found = _authenticated(server, named, credentials, ambient)
            if isinstance(found, Proven):
                return found.client, found.authenticated
    # Only now, since its keys cost more than the check of a secret that the server drew.
    failed = attempt()
    failed.refuse_if_blocked()
    known = named.client_id if named else None
    refusal = found or _refusal(server, named, _of(named, credentials, ambient))
    emit(
        ClientAuthenticationFailed(
            client_id=known,
            method=_of(named, credentials, ambient).method,
            remote_addr=http.remote_addr,
            refusal=refusal,
        )
    )
    failed.count_or_refuse(known)
    # The same for every cause: the response reveals neither which clients nor which secrets exist.
    raise InvalidClient(FAILED, refusal=refusal)


def _refusal(
    server: AuthorizationServer, named: Client | None, credentials: Credentials
) -> Refusal:
    if named is None:
        # Without the text that was sent: it may be a secret in the wrong field.
        return KNOWN
    if named.disabled_at is not None:
        return ENABLED.comparing(disabled_at=named.disabled_at)
    registered = named.token_endpoint_auth_method
    if not any(map(credentials.counts_for, methods_of(named))):
        return METHOD.comparing(used=credentials.method, registered=registered)
    by_secret = server.plug_ins.client_authentications[credentials.method].by_secret
    return SECRET if by_secret else PROOF.comparing(method=registered)


def _presented(
    server: AuthorizationServer, http: HTTPRequest, form: Mapping[str, str]
) -> tuple[Credentials, Mapping[str, Credentials]]:
    """What the request presents, and what its connection presents for any client."""
    methods = server.plug_ins.client_authentications
    found = {
        name: credentials
        for name, method in methods.items()
        if (credentials := method.credentials(http, form)) is not None
    }
    ambient = {name: found.pop(name) for name in [*found] if methods[name].ambient}
    proofs = {name: each for name, each in found.items() if methods[name].confidential}
    # An assertion is a method of its own (RFC 7521 section 4.2), even if no
    # registered method reads it: a client that sends one relies on it.
    unread = ASSERTION in form and not any(_reads(methods[name], ASSERTION) for name in proofs)
    if proofs or unread:
        # A client_id in the body is a method of its own only where nothing
        # else is presented; beside another one it is an identifier.
        found = proofs
    if len(found) > 1 or (unread and found):
        # RFC 6749 section 2.3: "The client MUST NOT use more than one
        # authentication method in each request."
        raise InvalidRequest(
            "The client authenticates by more than one method; use one.",
            refusal=ONE_METHOD.comparing(methods=found),
        )
    if not proofs and "authorization" in http.headers:
        # RFC 6749 section 5.2: an attempt by the header gets a 401 with a challenge.
        raise InvalidClient(
            "The Authorization header is not of a scheme that the server knows.", refusal=SCHEME
        )
    if unread:
        raise InvalidClient(
            "The client_assertion is of no client_assertion_type that the server knows.",
            refusal=ASSERTION_TYPE,
        )
    if not found:
        raise InvalidClient(
            "The client did not authenticate, nor send its client_id.", refusal=SENT
        )
    (credentials,) = found.values()
    if form.get("client_id", credentials.client_id) != credentials.client_id:
        raise InvalidRequest(
            "The client_id in the body is not the one that authenticates.", refusal=SAME_CLIENT
        )
    # Beside a proof of its own, a client has chosen that one.
    return credentials, {} if proofs else ambient


def _reads(method: IClientAuthentication, name: str) -> bool:
    return any(parameter.name == name for parameter in method.parameters)


def _readings(server: AuthorizationServer, credentials: Credentials) -> Iterator[Client | None]:
    if len(credentials.client_id) > CLIENT_ID_LENGTH or "\0" in credentials.client_id:
        return iter([None])
    return server.clients.readings(credentials.client_id)


def _of(
    named: Client | None, credentials: Credentials, ambient: Mapping[str, Credentials]
) -> Credentials:
    """The credentials by which a client authenticates: ambient ones if it is registered so."""
    if named is None:
        return credentials
    return ambient.get(named.token_endpoint_auth_method, credentials)


def _authenticated(
    server: AuthorizationServer,
    named: Client | None,
    credentials: Credentials,
    ambient: Mapping[str, Credentials],
) -> Proven | Refusal | None:
    credentials = _of(named, credentials, ambient)
    client = named if _usable(named, credentials) else None
    method = server.plug_ins.client_authentications[credentials.method]
    found: Authenticated | Refusal | None
    try:
        found = method.authenticate(credentials, client)
    except InvalidClient as error:
        # A failure like any other: it is counted, and the response is the same.
        found = error.refusal
    if isinstance(found, Authenticated):
        if client is None:
            return None
        if method.confidential and not method.by_secret:
            found = replace(found, by_key=credentials.method)
        return Proven(client, found)
    # Of a client that is not known, or not registered for the method, that is the reason.
    return found if client is not None else None


def _usable(client: Client | None, credentials: Credentials) -> bool:
    if client is None or client.disabled_at is not None:
        return False
    # RFC 7591 section 2: a registered method, and no weaker one.
    return any(map(credentials.counts_for, methods_of(client)))

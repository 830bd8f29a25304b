"""The rules for registering a client, in one place for every way to register one.

The metadata is RFC 7591's. A rule that is broken is told by field, in words
that say how to mend it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ..interfaces import IClientStore
from .client_secrets import UnusableSecret, keep_secret
from .events import ClientChanged, Tell, tell_nobody
from .opaque import is_client_secret, new_client_secret, random_text
from .records import Client
from .redirects import origin_problem, redirect_uri_problem
from .scopes import SCOPE_TOKEN, format_scope
from .server import AuthorizationServer

CLIENT_ID_GENERATED_LENGTH = 24
MAX_NAME = 255
LIFETIMES = ("access_token",)
MAX_LIFETIME = 365 * 86400
MAX_REDIRECT_URI = 2048
RESPONSE_TYPES = ("code", "token")
CONSENTS = ("remember", "ask", "skip")

# RFC 7591 section 2. A client may be registered for one before it is switched on.
STANDARD_GRANT_TYPES = frozenset(
    {"authorization_code", "implicit", "password", "client_credentials", "refresh_token"}
)

# Grant types that send the user back to the client by a redirect.
REDIRECTING = frozenset({"authorization_code", "implicit"})


class InvalidClientMetadata(ValueError):
    """A client cannot be registered so (RFC 7591 section 3.2.2).

    :ivar problems: what is wrong and how to mend it, by field.
    """

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__("\n".join(f"{field}: {text}" for field, text in problems.items()))
        self.problems = problems


def register_client(
    server: AuthorizationServer,
    client: Client,
    secret: str | None = None,
    clients: IClientStore | None = None,
    tell: Tell = tell_nobody,
) -> tuple[Client, str | None]:
    """Check and store a new client.

    :param client: its metadata; an empty ``client_id`` cannot be made, so
        :func:`new_client_id` draws one.
    :param secret: a confidential client's secret, where it is not left to the
        server to draw one.
    :param clients: where to, if not ``server.clients``: ``request.oauth2.clients``
        for a client that is part of the request's own work.
    :param tell: hears of it, once *clients* has it; where that is part of the
        request's own work, before its commit.
    :return: the client as it is stored, and its secret in clear, None for a
        public client. The secret is nowhere else.
    :raises InvalidClientMetadata: a rule is broken.
    :raises DuplicateRecord: the client_id is or was in use.
    """
    problems = dict(client_problems(server, client))
    if client.public and secret is not None:
        problems["client_secret"] = "a public client (auth method none) has no secret"
    now = server.clock()
    kept = []
    if not client.public:
        secret = new_client_secret(server.random) if secret is None else secret
        try:
            kept.append(keep_secret(secret, now))
        except UnusableSecret as error:
            problems["client_secret"] = str(error)
    if problems:
        raise InvalidClientMetadata(problems)
    client = replace(client, client_secrets=tuple(kept), created_at=now, updated_at=now)
    (clients or server.clients).add(client)
    tell(ClientChanged(client_id=client.client_id, change="registered"))
    return client, secret


def replace_client_secret(
    server: AuthorizationServer, client: Client, secret: str, tell: Tell = tell_nobody
) -> bool:
    """Make *secret* the only secret of a client; tokens that it has stay valid.

    :param tell: hears of it, once it is stored.
    :return: False if somebody else changed the client meanwhile.
    :raises UnusableSecret: it cannot be kept.
    """
    now = server.clock()
    changes = {"client_secrets": (keep_secret(secret, now),), "updated_at": now}
    if not server.clients.edit(client.client_id, client.version, changes):
        return False
    tell(ClientChanged(client_id=client.client_id, change="secret replaced"))
    return True


def new_client_id(server: AuthorizationServer) -> str:
    """Draw a client_id of letters and digits, which no client library trips over."""
    return random_text(CLIENT_ID_GENERATED_LENGTH, server.random)


def client_problems(server: AuthorizationServer, client: Client) -> Iterator[tuple[str, str]]:
    """The broken rules, as pairs of field and message."""
    yield from _identity_problems(client)
    yield from _grant_problems(server, client)
    yield from _scope_problems(server, client)
    for uri in client.redirect_uris:
        problem = "is too long" if len(uri) > MAX_REDIRECT_URI else redirect_uri_problem(uri)
        if problem:
            yield "redirect_uris", f"{uri[:100]!r} {problem}"
    for origin in client.allowed_origins:
        if problem := origin_problem(origin):
            yield "allowed_origins", f"{origin[:100]!r} {problem}"


def _identity_problems(client: Client) -> Iterator[tuple[str, str]]:
    # RFC 6749 appendix A.1: client-id = *VSCHAR.
    if not (client.client_id.isascii() and client.client_id.isprintable()):
        yield "client_id", "use printable ASCII characters only"
    elif is_client_secret(client.client_id):
        yield "client_id", "this is a client secret; leave the client_id to the server"
    if len(client.client_name) > MAX_NAME or not client.client_name.isprintable():
        yield "client_name", f"use at most {MAX_NAME} printable characters"
    for kind, lifetime in client.lifetimes.items():
        if kind not in LIFETIMES or not 0 < lifetime <= MAX_LIFETIME:
            yield "lifetimes", f"{kind}: choose between one second and a year"
    if client.consent not in CONSENTS:
        yield "consent", f"choose one of {', '.join(CONSENTS)}"


def _grant_problems(server: AuthorizationServer, client: Client) -> Iterator[tuple[str, str]]:
    methods = server.client_authentications
    if client.token_endpoint_auth_method not in methods:
        yield "token_endpoint_auth_method", f"choose one of {', '.join(sorted(methods))}"
    if not client.grant_types and not client.resource_server:
        yield "grant_types", "name at least one grant type"
    known = server.grant_types.keys() | STANDARD_GRANT_TYPES
    for grant_type in client.grant_types:
        if grant_type not in known:
            yield "grant_types", f"{grant_type!r} is not one of {', '.join(sorted(known))}"
    for response_type in client.response_types:
        if response_type not in RESPONSE_TYPES:
            yield "response_types", f"{response_type!r} is not one of {', '.join(RESPONSE_TYPES)}"
    if client.public and "client_credentials" in client.grant_types:
        # RFC 6749 section 4.4: for confidential clients only.
        yield "grant_types", "a public client cannot use client_credentials"
    if REDIRECTING & set(client.grant_types) and not client.redirect_uris:
        # RFC 6749 section 3.1.2.2, RFC 9700 section 2.1.
        yield "redirect_uris", "the authorization_code grant type needs at least one redirect URI"


def _scope_problems(server: AuthorizationServer, client: Client) -> Iterator[tuple[str, str]]:
    for field in ("scope", "optional_scope"):
        names: frozenset[str] = getattr(client, field)
        if not all(SCOPE_TOKEN.fullmatch(name) for name in names):
            yield field, "a scope has no spaces, quotes, backslashes or characters beyond ASCII"
        elif not names <= server.known_scopes:
            unknown = format_scope(names - server.known_scopes)
            known = format_scope(server.known_scopes) or "none"
            yield field, f"unknown: {unknown}; the server knows: {known}"
    if not client.optional_scope <= client.scope:
        yield "optional_scope", "name only scopes that the client's scope has"

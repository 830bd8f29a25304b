"""The rules for registering a client, in one place for every way to register one.

The metadata is that of RFC 7591. A broken rule is reported by field, in a
message that says how to correct it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, replace
from typing import Any
from urllib.parse import urlsplit

from ..records import CLIENT_ID_LENGTH, SUBJECT_LENGTH, Client, check_identifier
from ..redirect_uris import origin_problem, redirect_uri_problem
from ..scopes import SCOPE_TOKEN, format_scope
from ..server import Server
from ..token_strings import is_client_secret, random_text
from .secrets import ARGON2ID, SHA256

CLIENT_ID_GENERATED_LENGTH = 24
MAX_NAME = 255
# Printable according to Python, but invisible: Hangul fillers, and the empty Braille pattern.
LOOKS_LIKE_NOTHING = frozenset(" \u115f\u1160\u2800\u3164\uffa0")
LIFETIMES = ("access_token",)
MAX_LIFETIME = 365 * 86400
MAX_URI = 2048
MAX_ENTRIES = 50
MAX_SECRETS = 2
RESPONSE_TYPES = ("code", "token")
CONSENTS = ("remember", "ask", "skip")

# RFC 7591 section 2. A client may be registered for a grant type that is not enabled yet.
STANDARD_GRANT_TYPES = frozenset(
    {"authorization_code", "implicit", "password", "client_credentials", "refresh_token"}
)

# These cannot be edited: the client_id, and what the registry itself maintains.
EDITABLE = frozenset(field.name for field in fields(Client)) - {
    "client_id",
    "client_secrets",
    "created_at",
    "updated_at",
    "disabled_at",
    "version",
    "epoch",
}

# Grant types that send the user back to the client by a redirect.
REDIRECTING = frozenset({"authorization_code", "implicit"})


class InvalidClientMetadata(ValueError):
    """The metadata of a client is not valid (RFC 7591 section 3.2.2).

    :ivar problems: what is wrong and how to correct it, by field.
    """

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__("\n".join(f"{field}: {text}" for field, text in problems.items()))
        self.problems = problems


def check_client(server: Server, client: Client) -> None:
    """Refuse a client that breaks a rule.

    :raises InvalidClientMetadata: with every broken rule.
    """
    _refuse(client_problems(server, client))


def client_of(metadata: Mapping[str, Any]) -> Client:
    """Return a client with these fields; the rules that need the server are not checked.

    :raises InvalidClientMetadata: an identifier cannot be stored by every store.
    """
    _refuse(_identifier_problems(metadata))
    return Client(**metadata)


def check_change(server: Server, client: Client, changes: Mapping[str, Any]) -> Client:
    """Return the client with its metadata changed.

    :raises InvalidClientMetadata: a rule is broken, or a field cannot be changed.
    """
    fixed = [name for name in changes if name not in EDITABLE]
    if fixed:
        _refuse((name, "this cannot be changed") for name in fixed)
    _refuse(_identifier_problems(changes))
    changed = replace(client, **changes)
    problems = list(client_problems(server, changed))
    if changed.public != client.public:
        # RFC 6749 section 2.1: a client is designed as one type. A public client
        # has no secret to continue with, and a confidential one would still be
        # trusted where its secret has long been known.
        problem = "public and confidential clients are not turned into each other: register anew"
        problems.append(("token_endpoint_auth_method", problem))
    _refuse(problems)
    return changed


def _refuse(problems: Iterable[tuple[str, str]]) -> None:
    by_field: dict[str, list[str]] = {}
    for field, problem in problems:
        by_field.setdefault(field, []).append(problem)
    if by_field:
        raise InvalidClientMetadata({name: "; ".join(texts) for name, texts in by_field.items()})


def acts_for_users(grant_types: Iterable[str]) -> bool:
    """Whether a client with these grant types acts on behalf of users.

    A client that acts for itself alone does not (RFC 6749 section 4.4), nor does
    an API that only introspects tokens.
    """
    return not set(grant_types) <= {"client_credentials"}


def new_client_id(server: Server) -> str:
    """Draw a client_id of letters and digits, which every client library handles."""
    return random_text(CLIENT_ID_GENERATED_LENGTH, server.random)


def client_problems(server: Server, client: Client) -> Iterator[tuple[str, str]]:
    """The broken rules, as pairs of field and message."""
    yield from _identity_problems(client)
    yield from _grant_problems(server, client)
    yield from _scope_problems(server, client)
    yield from _uri_problems(client)
    yield from _secret_problems(client)


def _uri_problems(client: Client) -> Iterator[tuple[str, str]]:
    for name in ("redirect_uris", "allowed_origins", "contacts"):
        if len(getattr(client, name)) > MAX_ENTRIES:
            yield name, f"there are more than {MAX_ENTRIES}"
    for uri in client.redirect_uris:
        problem = "is too long" if len(uri) > MAX_URI else redirect_uri_problem(uri)
        if problem:
            yield "redirect_uris", f"{uri[:100]!r} {problem}"
    for origin in client.allowed_origins:
        if problem := origin_problem(origin):
            yield "allowed_origins", f"{origin[:100]!r} {problem}"
    for name in ("client_uri", "logo_uri", "tos_uri", "policy_uri"):
        uri = getattr(client, name)
        # They are links and images on pages of the server.
        if uri is not None and not _is_https(uri):
            yield name, "write a whole https URL, such as https://app.example/logo.png"
    for contact in client.contacts:
        if not 0 < len(contact) <= MAX_NAME or not contact.isprintable():
            yield "contacts", f"use at most {MAX_NAME} printable characters for each"


def _is_https(uri: str) -> bool:
    try:
        parts = urlsplit(uri)
    except ValueError:
        return False
    plain = uri.isascii() and uri.isprintable() and " " not in uri and len(uri) <= MAX_URI
    # The pages apply the same condition: a URI that they would not show is refused.
    return plain and uri.startswith("https://") and bool(parts.hostname)


def _secret_problems(client: Client) -> Iterator[tuple[str, str]]:
    if client.public and client.client_secrets:
        yield "client_secrets", "a public client has no secret"
    if len(client.client_secrets) > MAX_SECRETS:
        yield "client_secrets", f"there are more than {MAX_SECRETS}"
    for secret in client.client_secrets:
        made = secret.scheme == SHA256 and len(secret.digest) == 32
        if not made and secret.scheme != ARGON2ID:
            yield "client_secrets", f"each is a digest by {SHA256} or {ARGON2ID}"


def _identifier_problems(metadata: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    # Checked before the record is created, because its constructor would raise.
    for name, length in (("client_id", CLIENT_ID_LENGTH), ("owner", SUBJECT_LENGTH)):
        if name not in metadata or (name == "owner" and metadata[name] is None):
            continue
        try:
            check_identifier(name, metadata[name], length)
        except ValueError as error:
            yield name, str(error)


def _identity_problems(client: Client) -> Iterator[tuple[str, str]]:
    # RFC 6749 appendix A.1: client-id = *VSCHAR.
    if not (client.client_id.isascii() and client.client_id.isprintable()):
        yield "client_id", "use printable ASCII characters only"
    elif is_client_secret(client.client_id):
        yield "client_id", "this is a client secret; leave the client_id to the server"
    if client.client_name and not set(client.client_name) - LOOKS_LIKE_NOTHING:
        yield "client_name", "this looks like nothing: say what people know it by"
    if len(client.client_name) > MAX_NAME or not client.client_name.isprintable():
        yield "client_name", f"use at most {MAX_NAME} printable characters"
    for kind, lifetime in client.lifetimes.items():
        if kind not in LIFETIMES or not 0 < lifetime <= MAX_LIFETIME:
            yield "lifetimes", f"{kind}: choose between one second and a year"
    if client.consent not in CONSENTS:
        yield "consent", f"choose one of {', '.join(CONSENTS)}"


def _grant_problems(server: Server, client: Client) -> Iterator[tuple[str, str]]:
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
    if client.public and client.resource_server:
        # RFC 7662 section 2.1: a client must authenticate to introspect.
        yield "resource_server", "a public client cannot introspect: give it a secret"
    if REDIRECTING & set(client.grant_types) and not client.redirect_uris:
        # RFC 6749 section 3.1.2.2, RFC 9700 section 2.1.
        yield "redirect_uris", "the authorization_code grant type needs at least one redirect URI"


def _scope_problems(server: Server, client: Client) -> Iterator[tuple[str, str]]:
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

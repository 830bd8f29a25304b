"""A client ID metadata document, read as a client (RFC 7591 section 2 has the members)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from ...interfaces.server import IServer
from ...jose.objects import json_object
from ...protocol.clients.metadata import BY_NAME
from ...protocol.clients.rules import InvalidClientMetadata, check_client
from ...protocol.clients.source import DOCUMENT, from_source
from ...protocol.records import Client
from ...protocol.redirect_uris import origin_of
from ...protocol.server import Server

MOST = 5 * 1024  # bytes, by the draft, section 6.6
NONE = "none"
METHODS = "token_endpoint_auth_methods_supported"
# What users read, and what decides where a response goes. A logo is not taken: the browser of
# each user would load it from the stranger.
TAKEN = ("client_name", "client_uri", "policy_uri", "tos_uri", "contacts", "redirect_uris")
LINKS = ("client_uri", "policy_uri", "tos_uri")
KEYS = ("jwks", "jwks_uri")
GRANT_TYPES = ("authorization_code", "refresh_token")


class UnusableDocument(Exception):
    """The document is not that of a client; the message goes on after its URL, with a verb."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads documents.

    :param scopes: the most that a client may be granted.
    """

    server: IServer
    scopes: frozenset[str]

    def client(self, url: str, body: bytes, stored: Client | None, now: int) -> Client:
        """The client of a document.

        :param stored: what the store has of it: what an operator has set there stays.
        :param now: when the document was fetched, in UTC seconds.
        :raises UnusableDocument: it is none, or not that of this URL.
        """
        try:
            members = json_object(body)
        except ValueError as error:
            raise UnusableDocument(str(error)) from None
        _check_identity(url, members)
        _check_method(members)
        _check_keys(url, members)
        own: dict[str, Any] = {}
        if stored is not None:
            own = {"lifetimes": stored.lifetimes, "consent": stored.consent}
        client = Client(
            url,
            **own,
            **_taken(url, members),
            grant_types=_grant_types(members),
            response_types=("code",),
            scope=self._scope(members),
            token_endpoint_auth_method=NONE,
            updated_at=now,
        )
        client = from_source(client, DOCUMENT)
        try:
            check_client(cast(Server, self.server), client)
        except InvalidClientMetadata as invalid:
            names = ", ".join(sorted(invalid.problems))
            raise UnusableDocument(f"has values that are not allowed here: {names}") from None
        return client

    def _scope(self, members: Mapping[str, Any]) -> frozenset[str]:
        if members.get("scope") is None:
            return self.scopes
        return frozenset(_read("scope", members["scope"])) & self.scopes


def digest(client: Client) -> str:
    """What a user's consent is for: who gets the response, and how the client proves itself."""
    keys = [getattr(client, name) for name in KEYS]
    parts = [sorted(client.redirect_uris), client.token_endpoint_auth_method, *keys]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _check_identity(url: str, members: Mapping[str, Any]) -> None:
    if members.get("client_id") != url:
        raise UnusableDocument("is that of another client: its client_id is not its URL")
    # Everyone can read it, so no secret in it is one.
    if any(name.startswith("client_secret") for name in members):
        raise UnusableDocument("has a client secret")


def _check_method(members: Mapping[str, Any]) -> None:
    """Refuse a client that does not authenticate by ``none``.

    A document may name several methods (OpenID Connect Relying Party Metadata Choices), or one.
    """
    methods = members.get(METHODS) or [members.get("token_endpoint_auth_method", NONE)]
    if not isinstance(methods, list) or not all(isinstance(each, str) for each in methods):
        raise UnusableDocument(f"has {METHODS} that are no list of texts")
    if any(each.startswith("client_secret") for each in methods):
        raise UnusableDocument("names a method that needs a secret")
    if NONE not in methods:
        raise UnusableDocument("names no method by which clients can authenticate here: none")


def _check_keys(url: str, members: Mapping[str, Any]) -> None:
    keys, keys_uri = (members.get(name) for name in KEYS)
    if keys is not None and keys_uri is not None:
        # RFC 7591 section 2: they "MUST NOT both be present".
        raise UnusableDocument("has both jwks and jwks_uri")
    if keys_uri is not None and _origin(keys_uri) != origin_of(url):
        raise UnusableDocument("has a jwks_uri on another host")


def _taken(url: str, members: Mapping[str, Any]) -> dict[str, Any]:
    taken = {
        name: _read(name, members[name])
        for name in (*TAKEN, *KEYS)
        if members.get(name) not in (None, "")
    }
    if not taken.get("redirect_uris"):
        raise UnusableDocument("has no redirect_uris")
    # A link to another site would lend the client that one's name.
    return {n: v for n, v in taken.items() if n not in LINKS or _origin(v) == origin_of(url)}


def _read(name: str, value: Any) -> Any:
    try:
        return BY_NAME[name].codec.read(value)
    except TypeError:
        raise UnusableDocument(f"has a {name} of a wrong form") from None


def _grant_types(members: Mapping[str, Any]) -> tuple[str, ...]:
    # RFC 7591 section 2: "If omitted, the default behavior is that the client will use only the
    # authorization_code Grant Type". Others are of no use to a client without a secret.
    named = members.get("grant_types") or GRANT_TYPES[:1]
    known = [name for name in GRANT_TYPES if isinstance(named, list | tuple) and name in named]
    if GRANT_TYPES[0] not in known:
        raise UnusableDocument("does not name the grant type authorization_code")
    return tuple(known)


def _origin(value: Any) -> str | None:
    try:
        return origin_of(value) if isinstance(value, str) else None
    except ValueError:
        return None

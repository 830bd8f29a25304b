"""A client ID metadata document, read as a client (RFC 7591 section 2 has the members)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, cast

from ...interfaces.server import IServer
from ...jose.algorithms import ALGORITHMS
from ...jose.objects import json_object
from ...protocol.clients.authentication_methods import METHOD, METHODS, NONE, OF_SECRETS
from ...protocol.clients.extra import value_of
from ...protocol.clients.fixed_fields import FIXED
from ...protocol.clients.registered_metadata import registered_metadata
from ...protocol.clients.rules import InvalidClientMetadata, check_client, record_fields
from ...protocol.clients.source import DOCUMENT, from_source
from ...protocol.records import Client
from ...protocol.redirect_uris import origin_of
from ...protocol.server import Server

MOST = 5 * 1024  # bytes, by the draft, section 6.6
SIGNING_ALG = "token_endpoint_auth_signing_alg"
# The browser of each user would load a logo from the stranger.
NOT_TAKEN = frozenset({"logo_uri"})
# The first is decided by where the client was found; the other has values of the document too.
NOT_KEPT = frozenset({"source", "extra"})
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
        _check_keys(url, members)
        try:
            client = self._client(url, members, stored, now)
            check_client(self._core, client)
        except InvalidClientMetadata as invalid:
            names = ", ".join(sorted(invalid.problems))
            raise UnusableDocument(f"has values that are not allowed here: {names}") from None
        return client

    @property
    def _core(self) -> Server:
        return cast(Server, self.server)

    def _client(
        self, url: str, members: Mapping[str, Any], stored: Client | None, now: int
    ) -> Client:
        methods = _methods(members, self._core.client_authentications)
        values = registered_metadata(self._core, _body(url, members, methods))
        values["scope"] = values.get("scope", self.scopes) & self.scopes
        if self.scopes and not values["scope"]:
            # Without any it could be granted the server's default.
            raise UnusableDocument("names no scope that such clients may have")
        values["optional_scope"] = values.get("optional_scope", frozenset()) & values["scope"]
        if stored is not None:
            values |= self._of_operator(stored)
        fields = record_fields(self._core, values, {})
        return from_source(Client(url, **fields, updated_at=now), DOCUMENT)

    def _of_operator(self, stored: Client) -> dict[str, Any]:
        """What no document can say, or what was set here, as it is in the store."""
        fixed = value_of(FIXED, stored)
        return {
            each.name: value_of(each, stored)
            for each in self._core.client_fields.values()
            if each.name not in NOT_KEPT
            and (each.name in fixed or "registration" not in each.set_by)
        }


def digest(client: Client) -> str:
    """What a user's consent is for: who gets the response, and how the client proves itself."""
    keys = [getattr(client, name) for name in KEYS]
    parts = [sorted(client.redirect_uris), client.token_endpoint_auth_method, *keys]
    # Without any, the digest is that of earlier versions.
    parts += [sorted(several)] if (several := value_of(METHODS, client)) else []
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _check_identity(url: str, members: Mapping[str, Any]) -> None:
    if members.get("client_id") != url:
        raise UnusableDocument("is that of another client: its client_id is not its URL")
    # Everyone can read it, so no secret in it is one.
    if any(name.startswith("client_secret") for name in members):
        raise UnusableDocument("has a client secret")


def _methods(members: Mapping[str, Any], known: Collection[str]) -> list[str]:
    """The methods by which the client may authenticate here: ``none``, a signed JWT, or both.

    A document may name several methods (OpenID Connect Relying Party Metadata Choices), or one.
    """
    named = members.get(METHODS.name) or [members.get(METHOD, NONE)]
    if not isinstance(named, list) or not all(isinstance(each, str) for each in named):
        raise UnusableDocument(f"has {METHODS.name} that are no list of texts")
    if any(each.startswith(OF_SECRETS) for each in named):
        raise UnusableDocument("names a method that needs a secret")
    left = [each for each in dict.fromkeys(named) if each in known]
    if len(left) > 1 and not _can_sign(members):
        left = [each for each in left if each == NONE]
    if not left:
        known_here = ", ".join(sorted(each for each in known if not each.startswith(OF_SECRETS)))
        raise UnusableDocument(
            f"names no method by which clients can authenticate here: {known_here}"
        )
    return left


def _can_sign(members: Mapping[str, Any]) -> bool:
    """Whether the server could verify a signature of the client, which can do without."""
    algorithm = members.get(SIGNING_ALG)
    has_keys = any(members.get(name) is not None for name in KEYS)
    # A list of its members: what a document has may be of any type, and a list has no hash.
    return has_keys and (algorithm is None or algorithm in [*ALGORITHMS])


def _check_keys(url: str, members: Mapping[str, Any]) -> None:
    keys_uri = members.get("jwks_uri")
    if keys_uri is not None and _origin(keys_uri) != origin_of(url):
        raise UnusableDocument("has a jwks_uri on another host")


def _body(url: str, members: Mapping[str, Any], methods: Collection[str]) -> dict[str, Any]:
    """The members that count, as a registration request has them."""
    # A link to another site would lend the client that one's name.
    left_out = {name for name in LINKS if _origin(members.get(name)) != origin_of(url)}
    left_out |= NOT_TAKEN
    if set(methods) == {NONE}:
        left_out.add(SIGNING_ALG)
    several = list(methods) if len(methods) > 1 else []
    return {
        **{name: value for name, value in members.items() if name not in left_out},
        METHOD: NONE if NONE in methods else next(iter(methods)),
        METHODS.name: several,
        "grant_types": _grant_types(members),
        "response_types": ["code"],
    }


def _grant_types(members: Mapping[str, Any]) -> list[str]:
    # RFC 7591 section 2: "If omitted, the default behavior is that the client will use only the
    # authorization_code Grant Type". Others are of no use to a client without a secret.
    named = members.get("grant_types") or GRANT_TYPES[:1]
    known = [name for name in GRANT_TYPES if isinstance(named, list | tuple) and name in named]
    if GRANT_TYPES[0] not in known:
        raise UnusableDocument("does not name the grant type authorization_code")
    return known


def _origin(value: Any) -> str | None:
    try:
        return origin_of(value) if isinstance(value, str) else None
    except ValueError:
        return None

"""What is known of an MCP client, as its file says it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

DOCUMENT, REGISTRATION, STATIC = "document", "registration", "static"
AUTHORIZE, TOKEN, REFRESH = "authorize", "token", "refresh"
METHODS = ("none", "private_key_jwt")
PORT = "{port}"
WEB = frozenset({"https", "http"})

MEMBERS = frozenset(
    {
        "title",
        "date",
        "sources",
        "order",
        "document",
        "registration",
        "described",
        "redirect_uris",
        "methods",
        "scopes",
        "offline_access",
        "resource",
        "origin",
        "quirks",
    }
)


@dataclass(frozen=True, slots=True)
class KnownClient:
    """An MCP client, as public reports describe it: data, never a rule.

    :param name: of its file.
    :param title: for people.
    :param date: when the latest of it was seen.
    :param sources: the public addresses that say it.
    :param order: how it becomes known to a server, the best way first: :data:`DOCUMENT`,
        :data:`REGISTRATION` or :data:`STATIC` (an operator registers it, and a person types its
        client_id).
    :param document: the copy of its client ID metadata document; None if it has none.
    :param registration: the body that it posts to register itself (RFC 7591); None if that is
        not known. A URI may have :data:`PORT`.
    :param described: of ``document`` and ``registration`` those members that the sources
        describe, without quoting them.
    :param redirect_uris: those of its authorization requests, the usual one first; with
        :data:`PORT` where the port is a random one.
    :param methods: by which it authenticates at the token endpoint, where the server has them.
    :param scopes: that it requests beside those of the API.
    :param offline_access: whether it requests that scope, with ``prompt=consent``, where the
        server's metadata have it.
    :param resource: the requests in which it names the API (RFC 8707): :data:`AUTHORIZE`,
        :data:`TOKEN`, :data:`REFRESH`.
    :param origin: of a client that is a page in a browser; None for any other.
    :param quirks: what else was seen, in sentences.
    """

    name: str
    title: str
    date: date
    sources: tuple[str, ...]
    order: tuple[str, ...]
    document: Mapping[str, Any] | None
    registration: Mapping[str, Any] | None
    described: Mapping[str, frozenset[str]]
    redirect_uris: tuple[str, ...]
    methods: tuple[str, ...]
    scopes: frozenset[str]
    offline_access: bool
    resource: frozenset[str]
    origin: str | None
    quirks: tuple[str, ...]

    @property
    def client_id(self) -> str | None:
        """The URL of its document; None if it has none."""
        return None if self.document is None else str(self.document["client_id"])

    @property
    def private_schemes(self) -> frozenset[str]:
        """The schemes of apps that its redirect URIs have (RFC 8252 section 7.1)."""
        named = [body["redirect_uris"] for body in (self.document, self.registration) if body]
        uris = [*self.redirect_uris, *(uri for uris in named for uri in uris)]
        return frozenset(urlsplit(uri).scheme for uri in uris) - WEB

    @classmethod
    def read(cls, name: str, members: Mapping[str, Any]) -> KnownClient:
        """The client of a file.

        :raises ValueError: the file does not say what it should; the message says where.
        """
        _expect(members.keys() == MEMBERS, name, f"has other members than {sorted(MEMBERS)}")
        document, registration = members["document"], members["registration"]
        client = cls(
            name=name,
            title=members["title"],
            date=date.fromisoformat(members["date"]),
            sources=tuple(members["sources"]),
            order=tuple(members["order"]),
            document=None if document is None else MappingProxyType(document),
            registration=None if registration is None else MappingProxyType(registration),
            described=MappingProxyType(
                {part: frozenset(names) for part, names in members["described"].items()}
            ),
            redirect_uris=tuple(members["redirect_uris"]),
            methods=tuple(members["methods"]),
            scopes=frozenset(members["scopes"]),
            offline_access=members["offline_access"],
            resource=frozenset(members["resource"]),
            origin=members["origin"],
            quirks=tuple(members["quirks"]),
        )
        for is_right, problem in _checks(client):
            _expect(is_right, name, problem)
        return client


def _checks(client: KnownClient) -> Iterable[tuple[bool, str]]:
    document, registration = client.document, client.registration
    ways, requests = {DOCUMENT, REGISTRATION, STATIC}, {AUTHORIZE, TOKEN, REFRESH}
    parts = {DOCUMENT: document or {}, REGISTRATION: registration or {}}
    yield bool(client.title), "has no title"
    yield all(url.startswith("https://") for url in client.sources), "has a source without https"
    yield bool(client.sources), "has no source"
    yield ways.issuperset(client.order), "has an unknown way in its order"
    yield document is not None or registration is not None, "has neither document nor registration"
    yield (
        (DOCUMENT in client.order) == (document is not None),
        "has a document, or names one, alone",
    )
    yield document is None or document["client_id"].startswith("https://"), "has no document URL"
    yield all(part.get("redirect_uris", True) for part in parts.values()), "has no redirect URIs"
    described = client.described.items()
    yield (
        all(names <= parts.get(part, {}).keys() for part, names in described),
        "describes members that it does not have",
    )
    yield bool(client.redirect_uris), "comes back to no redirect URI"
    yield set(client.methods) <= set(METHODS) and bool(client.methods), "has an unknown method"
    yield isinstance(client.offline_access, bool), "has an offline_access that is no boolean"
    yield requests >= client.resource, "names a resource in an unknown request"
    yield all(client.quirks), "has an empty quirk"


def _expect(is_right: bool, name: str, problem: str) -> None:
    if not is_right:
        raise ValueError(f"{name}.json {problem}")

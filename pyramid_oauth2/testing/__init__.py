"""For an application's own tests: a store without a server, and tokens without a flow.

::

    app = main({}, **memory_backend(settings))
    TestApp(app).get("/notes", headers=bearer(app, "bob", "read"))
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..assembly import get_service
from ..protocol.access import Access
from ..protocol.authorization_server import AuthorizationServer
from ..protocol.errors import InvalidTarget
from ..protocol.records import Client, DuplicateRecord
from ..protocol.scopes import format_scope, parse_scope
from ..protocol.token.issuance import Issuance, Open
from ..protocol.token.issuing import issue
from ..service import ROLES
from ..settings import setting_fields
from ..settings.types import AUTHORIZATION_SERVER, RESOURCE_SERVER
from .application import registry_of

CLIENT_ID = "pyramid_oauth2.testing"
OUT_OF_THE_WAY = "/pyramid_oauth2.testing"


def memory_backend(settings: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Settings that keep everything in memory, whichever backends the ini selects.

    An application that is a resource server then issues the tokens of its tests itself: its
    ``oauth2.base_url`` is the issuer. All paths are its own, as otherwise.

    :param settings: those of the application, which are returned with the change; None for what
        is changed alone.
    """
    chosen = {
        "oauth2.mode": AUTHORIZATION_SERVER,
        "oauth2.introspection.url": "",
        "oauth2.backend": "memory",
    }
    roles = {f"oauth2.backend.{role}": "memory" for role in ROLES}
    given = settings or {}
    if given.get("oauth2.mode") == RESOURCE_SERVER:
        chosen |= _of_resource_server(given)
    return {**given, **chosen, **roles}


def _of_resource_server(given: Mapping[str, Any]) -> dict[str, str]:
    """What lets a resource server issue the tokens of its tests, and changes nothing else."""
    fields = setting_fields().items()
    # What has no effect in the application has none in its tests.
    of_one_mode = {f"oauth2.{key}" for key, field in fields if field.metadata["mode"]}
    chosen = dict.fromkeys(of_one_mode & given.keys(), "")
    # Where a server of tokens has its endpoints, and pages for users, it may have its own.
    chosen |= {"oauth2.path": OUT_OF_THE_WAY, "oauth2.grant_types": "client_credentials"}
    if "oauth2.base_url" in given:
        # The rules of an own issuer apply, which another server's need not fulfil (RFC 8414
        # section 2).
        chosen["oauth2.issuer"] = given["oauth2.base_url"]
    return chosen


def bearer(
    app: Any, subject: str | None, scope: str, age: int = 0, resource: str = ""
) -> dict[str, str]:
    """The headers of a request with a new access token, valid like any other.

    :param app: the application that ``make_wsgi_app`` returned, or its registry.
    :param subject: the user, by the value that ``subject`` of the resource owners
        returns. None for a token of the client itself.
    :param scope: the scopes of the token, space-delimited.
    :param age: how many seconds ago the token was issued. It has expired once this
        reaches ``oauth2.access_token_lifetime``.
    :param resource: the API that it is for (``oauth2.resources``); empty: everything that is not
        one of them.
    :raises ValueError: the application knows no such scope or API.
    :raises TypeError: *app* or *subject* is something else; the message says what is wanted.
    """
    if subject is not None and not isinstance(subject, str):
        raise TypeError(f"subject is a str or None: write bearer(app, {str(subject)!r}, ...)")
    server = get_service(registry_of(app)).server
    names = parse_scope(scope)
    if not names <= server.known_scopes:
        unknown, known = names - server.known_scopes, server.known_scopes
        raise ValueError(f"unknown scopes: {format_scope(unknown)}; known: {format_scope(known)}")
    resources = _resources(server, resource)
    client = _client(server)
    issued_at = server.clock() - age
    server = replace(server, clock=lambda: issued_at)
    access, operation = Access(names, resources), None if subject is None else Open(subject)
    issued = issue(server, client, Issuance(access, operation))
    return {"Authorization": f"Bearer {issued.access_token}"}


def _resources(server: AuthorizationServer, resource: str) -> tuple[str, ...]:
    try:
        return server.resources.limit(server.resources.named([resource]))
    except InvalidTarget:
        known = ", ".join(server.resources.uris) or "none"
        raise ValueError(f"unknown API: {resource}; known: {known}") from None


def _client(server: AuthorizationServer) -> Client:
    """A client that has tokens, but no secret with which to request any."""
    client = server.clients.get(CLIENT_ID)
    if client is None:
        client = Client(CLIENT_ID, client_name="Tests", grant_types=())
        try:
            server.clients.add(client)
        except DuplicateRecord:  # The process of another test was faster.
            client = server.clients.get(CLIENT_ID) or client
    return client

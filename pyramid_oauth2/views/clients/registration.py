"""Registering a client: first what kind it is, then only what that kind needs.

The client_id is drawn with the form and sent back with it, so a form that is
sent twice (a double click, a reload) registers one client.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any

from pyramid.response import Response

from ...protocol.clients.registry import UnknownClient
from ...protocol.clients.rules import (
    CLIENT_ID_GENERATED_LENGTH,
    acts_for_users,
    check_client,
    new_client_id,
)
from ...protocol.errors import InvalidRequest, TemporarilyUnavailable
from ...protocol.records import Client, DuplicateRecord, StoreUnavailable
from ..http_request import http_request
from .application_types import Kind, kinds_of
from .choices import missing_scope, scope_choices
from .fields import NAMELESS, Form, broken_rules, form_of, read_fields, within_choices
from .page import Refused, Visit, client_page
from .secrets import registered_page

DRAWN_ID = re.compile(rf"[0-9A-Za-z]{{{CLIENT_ID_GENERATED_LENGTH}}}")


def _show(visit: Visit) -> Response:
    if _is_full(visit, spare=1):
        raise Refused("too_many_clients", 403)
    kinds = {kind.name: kind for kind in kinds_of(visit.place)}
    kind = kinds.get(visit.query.once("kind") or "")
    if kind is None:
        urls = {name: visit.place.url("register", kind=name) for name in kinds}
        return visit.render("kinds", {"kinds": urls})
    client_id = new_client_id(visit.server)
    scope = (visit.server.default_scopes or frozenset()) & visit.place.choices["scope"]
    form = form_of(Client(client_id, scope=scope), kind.asks)
    return _form_page(visit, kind, client_id, form)


def _register(visit: Visit) -> Response:
    kinds = {kind.name: kind for kind in kinds_of(visit.place)}
    kind = kinds.get(visit.query.once("kind") or "")
    client_id = visit.form.once("client_id") or ""
    if kind is None or not DRAWN_ID.fullmatch(client_id):
        raise InvalidRequest("The form is not as it was sent.")
    # Before any limit: what is registered must not be said to be refused.
    _refuse_sent_already(visit, client_id)
    if _is_full(visit, spare=1):
        raise Refused("too_many_clients", 403)
    metadata, form = read_fields(visit.form, kind.asks)
    client = _client(visit, kind, client_id, metadata)
    problems = {
        **broken_rules(check_client, visit.server, client),
        **_refused_choices(visit, metadata),
        **_missing(visit, metadata),
    }
    if problems:
        return _form_page(visit, kind, client_id, Form(form.values, problems))
    _refuse_too_often(visit)
    try:
        registered = visit.clients.add(client)
    except DuplicateRecord:
        # Unless it was taken back, for then nothing is registered; or is another's.
        visit.find(client_id)
        raise Refused("sent_already", 409, client_id) from None
    _refuse_beyond_limit(visit, client_id)
    return registered_page(visit, registered)


def _client(visit: Visit, kind: Kind, client_id: str, metadata: dict[str, Any]) -> Client:
    choices = visit.place.choices["grant_types"]
    return Client(
        client_id,
        grant_types=tuple(name for name in kind.grant_types if name in choices),
        token_endpoint_auth_method="none" if kind.public else "client_secret_basic",
        resource_server=kind.resource_server,
        owner=visit.place.owner,
        **metadata,
    )


def _refused_choices(visit: Visit, metadata: dict[str, Any]) -> dict[str, str]:
    nothing = Client("none", grant_types=(), redirect_uris=())
    return within_choices(metadata, nothing, visit.place.choices, visit.place.known)[1]


def _missing(visit: Visit, metadata: dict[str, Any]) -> dict[str, str]:
    nameless = {} if metadata["client_name"] else NAMELESS
    return nameless | missing_scope(visit, metadata)


def _is_full(visit: Visit, spare: int) -> bool:
    """Whether the user has more clients than leave room for *spare* ones."""
    most = visit.place.max_clients
    if most is None:
        return False
    owned = visit.clients.search(visit.place.owner, limit=most + 1)
    return len(owned.items) > most - spare


def _refuse_sent_already(visit: Visit, client_id: str) -> None:
    with suppress(UnknownClient):
        visit.find(client_id)
        raise Refused("sent_already", 409, client_id)


def _refuse_too_often(visit: Visit) -> None:
    """Keep a user who registers and deletes in a loop from leaving tombstones without end."""
    user = visit.place.owner
    if user is None:
        return
    http = http_request(visit.request, visit.here)
    attempt = visit.server.throttle.registration(http, user, visit.emit)
    try:
        attempt.refuse_if_blocked()
        attempt.count_or_refuse(None)
    except TemporarilyUnavailable as error:
        retry_after = error.retry_after
        raise Refused("registered_too_often", 429, retry_after=retry_after) from None


def _refuse_beyond_limit(visit: Visit, client_id: str) -> None:
    """Take the client back if others were registered at the same moment.

    Each counts after it has added its own, so of all that race the last to
    count sees every other: the limit may refuse one too many, and never lets
    one too many stay. One that cannot be counted does not stay either, unless
    the store is away for that as well.
    """
    try:
        full = _is_full(visit, spare=0)
    except StoreUnavailable:
        visit.clients.delete(client_id)
        raise
    if full:
        visit.clients.delete(client_id)
        raise Refused("too_many_clients", 403)


def _form_page(visit: Visit, kind: Kind, client_id: str, form: Form) -> Response:
    for_users = acts_for_users(kind.grant_types)
    values = {
        "kind": kind.name,
        "asks": kind.asks,
        "client_id": client_id,
        "form": form,
        "for_users": for_users,
        "scopes": scope_choices(visit, for_users=for_users),
        "action": visit.place.url("register", kind=kind.name),
        "kinds_url": visit.place.url("register"),
    }
    return visit.render("register", values, 422 if form.problems else 200)


registering = client_page(_show, _register)

"""Registering a client: first its application type, then only what that type needs.

The client_id is generated with the form and sent back with it, so a form that is
sent twice (a double click, a reload) registers one client.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any

from pyramid.response import Response

from ...protection.http_request import http_request
from ...protocol.clients.application_types import ApplicationType
from ...protocol.clients.authentication_methods import METHOD
from ...protocol.clients.field import ClientField
from ...protocol.clients.registry import UnknownClient
from ...protocol.clients.rules import (
    acts_for_users,
    check_client,
)
from ...protocol.errors import InvalidRequest, TemporarilyUnavailable
from ...protocol.listings import has_as_many
from ...protocol.records import Client, DuplicateRecord, StoreUnavailable
from ...protocol.server import USER_ACTIVE
from ...protocol.token_kinds import CLIENT_ID_PREFIX
from ...protocol.token_strings import CLIENT_ID_RANDOM_LENGTH, new_client_id
from ..forbidden import Forbidden
from .choices import method_choices, missing_scope, scope_choices
from .controls import labels, shown_fields
from .fields import NAMELESS, Form, broken_rules, form_of, read_fields, within_choices
from .page import FORM_AS_SENT, ClientPage, client_page
from .refused import REGISTERED_TOO_OFTEN, SENT_ALREADY, TOO_MANY_CLIENTS, Refused
from .secrets import registered_page

DRAWN_ID = re.compile(rf"{CLIENT_ID_PREFIX}_[0-9A-Za-z]{{{CLIENT_ID_RANDOM_LENGTH}}}")


def _show(page: ClientPage) -> Response:
    if _is_full(page, spare=1):
        raise Refused(TOO_MANY_CLIENTS, 403)
    types = page.context.application_types
    application_type = types.get(page.query.once("kind") or "")
    if application_type is None:
        urls = {name: page.context.url("register", kind=name) for name in types}
        return page.render("kinds", {"application_types": urls})
    client_id = new_client_id(page.server.random)
    scope = (page.server.default_scopes or frozenset()) & page.context.choices["scope"]
    form = form_of(Client(client_id, scope=scope), _fields(page, application_type))
    return _form_page(page, application_type, client_id, form)


def _register(page: ClientPage) -> Response:
    types = page.context.application_types
    application_type = types.get(page.query.once("kind") or "")
    client_id = page.form.once("client_id") or ""
    if application_type is None or not DRAWN_ID.fullmatch(client_id):
        raise InvalidRequest("The form is not as it was sent.", refusal=FORM_AS_SENT)
    # Before any limit: a client that is registered must not be reported as refused.
    with suppress(UnknownClient):
        return _registered_before(page, client_id)
    if _is_full(page, spare=1):
        raise Refused(TOO_MANY_CLIENTS, 403)
    metadata, form = read_fields(page.form, _fields(page, application_type))
    client = _client(page, application_type, client_id, metadata)
    problems = {
        **broken_rules(check_client, page.server, client),
        **form.problems,
        **_refused_choices(page, metadata),
        **_missing(page, metadata),
    }
    if problems:
        return _form_page(page, application_type, client_id, Form(form.values, problems))
    _refuse_too_often(page)
    try:
        registered = page.clients.add(client)
    except DuplicateRecord:
        # Raises if it was deleted again, so none is registered, or belongs to another user.
        return _registered_before(page, client_id)
    _refuse_beyond_limit(page, client_id)
    _refuse_deactivated_owner(page, client_id)
    return registered_page(page, registered)


def _fields(page: ClientPage, application_type: ApplicationType) -> list[ClientField]:
    names = (*application_type.field_names, *application_type.further_names)
    return [page.context.settable[name] for name in names]


def _client(
    page: ClientPage, application_type: ApplicationType, client_id: str, metadata: dict[str, Any]
) -> Client:
    choices = page.context.choices["grant_types"]
    metadata = application_type.metadata | metadata
    metadata["grant_types"] = tuple(name for name in metadata["grant_types"] if name in choices)
    return Client(client_id, owner=page.context.owner, **metadata)


def _refused_choices(page: ClientPage, metadata: dict[str, Any]) -> dict[str, str]:
    nothing = Client("none", grant_types=(), redirect_uris=())
    return within_choices(metadata, nothing, page.context.choices, page.context.known)[1]


def _missing(page: ClientPage, metadata: dict[str, Any]) -> dict[str, str]:
    nameless = {} if metadata["client_name"] else NAMELESS
    return nameless | missing_scope(page, metadata)


def _is_full(page: ClientPage, spare: int) -> bool:
    """Whether the limit of the user leaves no room for *spare* more clients."""
    most = page.context.max_clients
    if most is None:
        return False
    owner, search = page.context.owner, page.clients.search
    return has_as_many(lambda at: search(owner, cursor=at, limit=most + 1), most + 1 - spare)


def _registered_before(page: ClientPage, client_id: str) -> Response:
    """Respond to a form whose client is registered: as before, but a secret is not shown again.

    :raises UnknownClient: it is not, or it belongs to another user.
    :raises Refused: the client has a secret.
    """
    client = page.find(client_id)
    if page.server.has_secret(client):
        raise Refused(SENT_ALREADY, 409, client_id)
    return page.go_to(client_id, "registered")


def _refuse_too_often(page: ClientPage) -> None:
    """Keep a user who registers and deletes in a loop from creating tombstones without end."""
    user = page.context.owner
    if user is None:
        return
    http = http_request(page.request, page.here)
    attempt = page.server.throttle.registration(http, user, page.emit)
    try:
        attempt.refuse_if_blocked()
        attempt.count_or_refuse(None)
    except TemporarilyUnavailable as error:
        retry_after = error.retry_after
        raise Refused(REGISTERED_TOO_OFTEN, 429, retry_after=retry_after) from None


def _refuse_beyond_limit(page: ClientPage, client_id: str) -> None:
    """Delete the client again if others were registered at the same time.

    Each request counts after it has added its own client, so the last of concurrent
    requests to count sees all the others: one client too many may be refused, but
    never is one too many left. A client that cannot be counted is deleted as well,
    unless the store is unavailable for that too.
    """
    try:
        full = _is_full(page, spare=0)
    except StoreUnavailable:
        page.clients.delete(client_id)
        raise
    if full:
        page.clients.delete(client_id)
        raise Refused(TOO_MANY_CLIENTS, 403)


def _refuse_deactivated_owner(page: ClientPage, client_id: str) -> None:
    """Delete the client again if its owner was deactivated at the same time.

    What ends everything of a deleted user disables the clients that are there by then: one
    that was added later would stay.
    """
    owner = page.context.owner
    if owner is not None and not page.server.is_active(owner):
        page.clients.delete(client_id)
        refusal = USER_ACTIVE.comparing(subject=owner)
        raise Forbidden("This user is deactivated.", "user_deactivated", refusal=refusal)


def _form_page(
    page: ClientPage, application_type: ApplicationType, client_id: str, form: Form
) -> Response:
    for_users = acts_for_users(application_type.grant_types)
    scopes = scope_choices(page, for_users=for_users)
    values = {
        "application_type": application_type.name,
        "fields": shown_fields(
            _fields(page, application_type),
            for_users=for_users,
            choices={"scope": scopes, METHOD: method_choices(page)},
        ),
        "further": application_type.further_names,
        "labels": labels(page.server.client_fields.values(), for_users=for_users),
        "client_id": client_id,
        "form": form,
        "action": page.context.url("register", kind=application_type.name),
        "application_types_url": page.context.url("register"),
    }
    return page.render("register", values, 422 if form.problems else 200)


registering = client_page(_show, _register)

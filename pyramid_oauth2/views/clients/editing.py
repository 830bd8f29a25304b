"""Editing a client's metadata."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pyramid.response import Response

from ...protocol.clients.authentication_methods import METHOD
from ...protocol.clients.codecs import Codec
from ...protocol.clients.extra import value_of
from ...protocol.clients.field import ClientField
from ...protocol.clients.registry import ClientChangedMeanwhile
from ...protocol.clients.rules import acts_for_users, check_change
from ...protocol.clients.source import APPROVED
from ...protocol.records import Client
from .choices import (
    beyond_choices,
    grant_type_choices,
    method_choices,
    missing_scope,
    scope_choices,
)
from .controls import labels, shown_fields
from .fields import FORM_FIELDS, NAMELESS, Form, broken_rules, form_of, read_fields, within_choices
from .page import ClientPage, client_page


def _widens(page: ClientPage, client: Client, metadata: Mapping[str, Any]) -> bool:
    return any(
        frozenset(metadata[name]) - frozenset(value_of(field, client))
        for name, field in page.context.settable.items()
        if field.widens and name in metadata
    )


def _without_trust(client: Client) -> dict[str, Any]:
    # An operator who exempted the client from consent or PKCE decided on what it was
    # then. "ask", which asks the user each time, stays in force.
    consent = {"consent": "remember"} if client.consent == "skip" else {}
    return {**consent, "require_pkce": True}


def _fields(page: ClientPage, client: Client) -> list[ClientField]:
    return [field for field in page.context.settable.values() if _concerns(field, client)]


def _concerns(field: ClientField, client: Client) -> bool:
    if field.confidential and client.public:
        return False
    if not field.for_users or acts_for_users(client.grant_types):
        return True
    # Scopes break a rule then, and must be shown so that they can be corrected.
    return field.codec is Codec.SCOPE and bool(value_of(field, client))


def _show(page: ClientPage) -> Response:
    client = page.client_to_change()
    return _form_page(page, client, form_of(client, _fields(page, client)))


def _save(page: ClientPage) -> Response:
    try:
        client = page.client_of_form()
        metadata, form, refused = _read(page, client, _fields(page, client))
        # A client that has none keeps the default scopes of the server.
        if client.scope and metadata.get("grant_types", client.grant_types):
            refused |= missing_scope(page, metadata)
        if client.client_name and not metadata["client_name"]:
            refused |= NAMELESS
        broken = broken_rules(check_change, page.server, client, metadata)
        if problems := {**broken, **form.problems, **refused}:
            return _form_page(page, client, Form(form.values, problems))
        if page.context.self_service and _widens(page, client, metadata):
            metadata |= _without_trust(client)
        if page.context.self_service and not _has(page, client, metadata):
            metadata |= {APPROVED.name: False}
        edited = page.clients.edit(client.client_id, client.version, **metadata)
    except ClientChangedMeanwhile:
        client = page.client_to_change()
        if _is_saved(page, client):
            # The form was sent twice: the second response is the one that the browser shows.
            return page.go_to(client.client_id, "edited")
        # The input was based on another version of the client.
        shown = form_of(client, _fields(page, client))
        return _form_page(page, client, shown, changed_meanwhile=True)
    changed = edited.version != client.version
    return page.go_to(client.client_id, "edited" if changed else "unchanged")


def _read(
    page: ClientPage, client: Client, fields: Iterable[ClientField]
) -> tuple[dict[str, Any], Form, dict[str, str]]:
    """What the form says of *fields*, the form to show again, and what may not be chosen."""
    metadata, form = read_fields(page.form, fields)
    choices, known = page.context.choices, page.context.known
    metadata, refused = within_choices(metadata, client, choices, known)
    return metadata, form, refused


def _is_saved(page: ClientPage, client: Client) -> bool:
    """Whether the client has what the form says."""
    metadata, form, refused = _read(page, client, _fields_of_form(page, client))
    if form.problems or refused:
        return False
    return _has(page, client, metadata)


def _has(page: ClientPage, client: Client, metadata: Mapping[str, Any]) -> bool:
    settable = page.context.settable
    return all(value_of(settable[name], client) == value for name, value in metadata.items())


def _fields_of_form(page: ClientPage, client: Client) -> list[ClientField]:
    # The client as it is now may have others, by its grant types; and a box that is not
    # ticked cannot be distinguished from one that is not there.
    names = page.form.once(FORM_FIELDS)
    if names is None:  # The form of an earlier version, or of an application's own template.
        return _fields(page, client)
    return [field for name, field in page.context.settable.items() if name in names.split()]


def _form_page(
    page: ClientPage,
    client: Client,
    form: Form,
    *,
    changed_meanwhile: bool = False,
) -> Response:
    for_users = acts_for_users(client.grant_types)
    scopes = scope_choices(page, for_users=for_users)
    choices = {
        "grant_types": grant_type_choices(page),
        "scope": scopes,
        "optional_scope": scopes,
        METHOD: method_choices(page, client),
    }
    values = {
        "client": client,
        "form": form,
        "fields": shown_fields(_fields(page, client), for_users=for_users, choices=choices),
        "labels": labels(page.server.client_fields.values(), for_users=for_users),
        "version": client.version,
        "form_fields": FORM_FIELDS,
        "beyond": beyond_choices(page, client),
        "changed_meanwhile": changed_meanwhile,
        "client_url": page.context.url("client", client_id=client.client_id),
    }
    status = 409 if changed_meanwhile else 422 if form.problems else 200
    return page.render("edit", values, status)


editing = client_page(_show, _save)

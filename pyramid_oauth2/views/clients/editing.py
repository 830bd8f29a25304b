"""Editing a client's metadata."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyramid.response import Response

from ...protocol.clients.registry import ClientChangedMeanwhile
from ...protocol.clients.rules import acts_for_users, check_change
from ...protocol.records import Client
from .choices import beyond_choices, grant_type_choices, missing_scope, scope_choices
from .fields import FIELDS, NAMELESS, Form, broken_rules, form_of, read_fields, within_choices
from .page import ClientPage, client_page

# What a public client does not have: it has no secret to present, PKCE is its only
# proof, and it cannot introspect.
CONFIDENTIAL_FIELDS = frozenset({"token_endpoint_auth_method", "require_pkce", "resource_server"})


WIDENING = ("redirect_uris", "grant_types", "scope", "optional_scope")


def _widens(client: Client, metadata: Mapping[str, Any]) -> bool:
    return any(
        frozenset(metadata[name]) - frozenset(getattr(client, name))
        for name in WIDENING
        if name in metadata
    )


def _without_trust(client: Client) -> dict[str, Any]:
    # An operator who exempted the client from consent or PKCE decided on what it was
    # then. "ask", which asks the user each time, stays in force.
    consent = {"consent": "remember"} if client.consent == "skip" else {}
    return {**consent, "require_pkce": True}


def _field_names(page: ClientPage, client: Client) -> list[str]:
    without = CONFIDENTIAL_FIELDS if client.public else frozenset()
    if not acts_for_users(client.grant_types):
        # But a value that breaks a rule must be shown, so that it can be corrected.
        without |= {"consent"} if client.optional_scope else {"consent", "optional_scope"}
    return [name for name in FIELDS if name in page.context.settable - without]


def _show(page: ClientPage) -> Response:
    client = page.client_to_change()
    return _form_page(page, client, form_of(client, _field_names(page, client)))


def _save(page: ClientPage) -> Response:
    try:
        client = page.client_of_form()
        metadata, form = read_fields(page.form, _field_names(page, client))
        choices, known = page.context.choices, page.context.known
        metadata, refused = within_choices(metadata, client, choices, known)
        if metadata.get("grant_types", client.grant_types):
            refused |= missing_scope(page, metadata)
        if client.client_name and not metadata["client_name"]:
            refused |= NAMELESS
        broken = broken_rules(check_change, page.server, client, metadata)
        if problems := {**broken, **form.problems, **refused}:
            return _form_page(page, client, Form(form.values, problems))
        if page.context.self_service and _widens(client, metadata):
            metadata |= _without_trust(client)
        edited = page.clients.edit(client.client_id, client.version, **metadata)
    except ClientChangedMeanwhile:
        # The input was based on another version of the client.
        client = page.client_to_change()
        shown = form_of(client, _field_names(page, client))
        return _form_page(page, client, shown, changed_meanwhile=True)
    changed = edited.version != client.version
    return page.go_to(client.client_id, "edited" if changed else "unchanged")


def _auth_methods(page: ClientPage, client: Client) -> list[str]:
    # A confidential client does not become a public one. Its own method is listed even
    # if the server no longer has it: the browser would silently select another.
    present = {client.token_endpoint_auth_method}
    return sorted((page.server.client_authentications.keys() | present) - {"none"})


def _form_page(
    page: ClientPage,
    client: Client,
    form: Form,
    *,
    changed_meanwhile: bool = False,
) -> Response:
    for_users = acts_for_users(client.grant_types)
    values = {
        "client": client,
        "form": form,
        "field_names": _field_names(page, client),
        "version": client.version,
        "for_users": for_users,
        "scopes": scope_choices(page, for_users=for_users),
        "grant_types": grant_type_choices(page),
        "beyond": beyond_choices(page, client),
        "auth_methods": [(method, method) for method in _auth_methods(page, client)],
        "changed_meanwhile": changed_meanwhile,
        "client_url": page.context.url("client", client_id=client.client_id),
    }
    status = 409 if changed_meanwhile else 422 if form.problems else 200
    return page.render("edit", values, status)


editing = client_page(_show, _save)

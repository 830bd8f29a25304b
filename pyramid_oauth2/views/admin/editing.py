"""Editing a client's metadata."""

from __future__ import annotations

from pyramid.response import Response

from ...protocol.client_registry import ClientChangedMeanwhile
from ...protocol.clients import CONSENTS, InvalidClientMetadata
from ...protocol.records import Client
from .choices import beyond_choices, grant_type_choices, scope_choices
from .fields import FIELDS, Form, form_of, read_fields, within_choices
from .visit import Visit, client_page

# What a public client has not: it has no secret to present, PKCE is its only
# proof, and it cannot introspect.
CONFIDENTIAL_FIELDS = frozenset({"token_endpoint_auth_method", "require_pkce", "resource_server"})


def _names(visit: Visit, client: Client) -> list[str]:
    without = CONFIDENTIAL_FIELDS if client.public else frozenset()
    return [name for name in FIELDS if name in visit.place.settable - without]


def _show(visit: Visit) -> Response:
    client = visit.client()
    return _form_page(visit, client, form_of(client, _names(visit, client)))


def _save(visit: Visit) -> Response:
    client, version = visit.client(), visit.version()
    metadata, form = read_fields(visit.form, _names(visit, client))
    choices, known = visit.place.choices, visit.place.known
    metadata, refused = within_choices(metadata, client, choices, known)
    problems = {**form.problems, **refused}
    if not problems:
        try:
            visit.clients.edit(client.client_id, version, **metadata)
        except InvalidClientMetadata as error:
            problems = error.problems
        except ClientChangedMeanwhile:
            # What was typed was about another state of things.
            client = visit.client()
            shown = form_of(client, _names(visit, client))
            return _form_page(visit, client, shown, changed_meanwhile=True)
        else:
            return visit.go_to(client.client_id, "edited")
    return _form_page(visit, client, Form(form.values, problems), version=version)


def _auth_methods(visit: Visit) -> list[str]:
    # A confidential client does not become a public one.
    return sorted(visit.server.client_authentications.keys() - {"none"})


def _form_page(
    visit: Visit,
    client: Client,
    form: Form,
    version: int | None = None,
    *,
    changed_meanwhile: bool = False,
) -> Response:
    """The form; with its own *version* again where it was refused, else with the client's."""
    values = {
        "client": client,
        "form": form,
        "asks": _names(visit, client),
        "version": client.version if version is None else version,
        "scopes": scope_choices(visit),
        "grant_types": grant_type_choices(visit),
        "beyond": beyond_choices(visit, client),
        "auth_methods": [(method, method) for method in _auth_methods(visit)],
        "consents": CONSENTS,
        "changed_meanwhile": changed_meanwhile,
        "client_url": visit.place.url("client", client_id=client.client_id),
    }
    status = 409 if changed_meanwhile else 422 if form.problems else 200
    return visit.render("edit", values, status)


editing = client_page(_show, _save)

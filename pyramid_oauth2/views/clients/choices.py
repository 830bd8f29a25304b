"""The choices of a form's checkboxes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...protocol.clients.authentication_methods import NONE
from ...protocol.messages import message as _
from ...protocol.records import Client
from ..descriptions import describe_scope
from .page import ClientPage


def scope_choices(page: ClientPage, *, for_users: bool) -> list[dict[str, str]]:
    """The scopes that may be given to a client here.

    :param for_users: whether each has its description, in the user's language. It
        is written for a user who is asked for consent, about *your* data.
    """
    return [
        {"name": name, "description": describe_scope(page.request, name) if for_users else ""}
        for name in sorted(page.context.choices["scope"])
    ]


def missing_scope(page: ClientPage, metadata: Mapping[str, Any]) -> dict[str, str]:
    """The problem with a form in which no scope is ticked.

    An empty scope means the server's default scopes. If there are none, the client
    could request nothing; if they include scopes that may not be given here, the
    client would get those as well.
    """
    if "scope" not in metadata or metadata["scope"] or not page.context.choices["scope"]:
        return {}
    default = page.server.default_scopes
    if default and default <= page.context.choices["scope"]:
        return {}
    return {"scope": _("select at least one")}


def grant_type_choices(page: ClientPage) -> list[dict[str, Any]]:
    """The grant types that may be given to a client here, and whether each is enabled now."""
    enabled = page.context.enabled_grant_types
    return [
        {"name": name, "switched_off": name not in enabled}
        for name in sorted(page.context.choices["grant_types"])
    ]


def method_choices(page: ClientPage, client: Client | None = None) -> list[tuple[str, str]]:
    """The methods by which a confidential client may authenticate.

    :param client: that is changed: its own method is listed even if the server no longer has it,
        or the browser would silently select another.
    """
    present = set() if client is None else {client.token_endpoint_auth_method}
    # A confidential client does not become a public one.
    names = sorted((page.server.client_authentications | present) - {NONE})
    return [(name, name) for name in names]


def beyond_choices(page: ClientPage, client: Client) -> dict[str, list[str]]:
    """The values of the client that cannot be chosen here, and so are not changed, by field."""
    found = {}
    for name, choices in page.context.choices.items():
        known = page.context.known[name] - choices
        found[name] = sorted(known & frozenset(getattr(client, name)))
    return found

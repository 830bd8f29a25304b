"""The page of one client: its metadata, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyramid.response import Response

from ...endpoint_urls import endpoint_url
from ...protocol.clients.extra import value_of
from ...protocol.clients.field import on_a_form
from ...protocol.clients.rules import acts_for_users
from ...protocol.clients.secrets import live_secrets
from ...protocol.clients.source import is_unchecked, source_of
from ...protocol.clients.unreadable import UnreadableClient
from ...protocol.records import Client
from ...protocol.scopes import format_scope
from .blocking import blocked_host, hosts_to_block
from .page import ClientPage, client_page

JUST_NOW = 60  # seconds

# By their controls: fields with values one below the other, and with a single one.
LISTS = frozenset({"lines", "ticks"})
TEXTS = frozenset({"line", "url", "choice", "switch"})
# Fields for which the template has words of its own.
ELSEWHERE = frozenset(
    {
        *("client_name", "grant_types", "scope", "optional_scope", "token_endpoint_auth_method"),
        *("consent", "require_pkce", "resource_server", "lifetimes", "owner"),
    }
)


def _changed_just_now(client: Client, now: int) -> bool:
    return now - client.updated_at <= JUST_NOW


# What a redirect may report as done, and the condition on which the page shows it:
# a forged link can report anything.
DONE: dict[str, Callable[[Client, int], bool]] = {
    "registered": lambda client, now: not client.client_secrets,
    "edited": _changed_just_now,
    "unchanged": lambda client, now: True,  # It makes no claim.
    "approved": lambda client, now: not is_unchecked(client),
    "blocked": lambda client, now: client.disabled_at is not None,
    "enabled": lambda client, now: client.disabled_at is None,
    "disabled": lambda client, now: client.disabled_at is not None,
    "withdrawn": lambda client, now: client.epoch > 0 and _changed_just_now(client, now),
    "earlier_secret_ended": lambda client, now: len(live_secrets(client.client_secrets, now)) == 1,
}


def _show(page: ClientPage) -> Response:
    client, now = page.client(), page.server.clock()
    if isinstance(client, UnreadableClient):
        urls = {name: page.context.url(name, client_id=client.client_id) for name in _pages(page)}
        return page.render("unreadable", {"client": client, "urls": urls})
    values = {
        "client": client,
        "for_users": acts_for_users(client.grant_types),
        "source": source_of(client),
        "unchecked": is_unchecked(client),
        "hosts": hosts_to_block(client),
        "blocked_host": blocked_host(page, client),
        "has_grants": _has_grants(page, client),
        "scope": format_scope(client.scope),
        "optional_scope": format_scope(client.optional_scope),
        "lists": _values(page, client, LISTS),
        "texts": _values(page, client, TEXTS),
        "keys": _key_names(client),
        "has_secret": page.server.has_secret(client),
        "secrets": live_secrets(client.client_secrets, now),
        "lifetime": client.lifetimes.get("access_token"),
        "endpoints": _endpoints(page),
        "done": _done(page, client, now),
        "urls": {name: page.context.url(name, client_id=client.client_id) for name in _pages(page)},
    }
    return page.render("client", values)


def _values(page: ClientPage, client: Client, kinds: frozenset[str]) -> list[tuple[str, Any]]:
    """The label and the value of each field with a control of one of these *kinds*."""
    return [
        (control.label, value_of(field, client))
        for field, control in on_a_form(page.context.settable.values())
        if control.kind in kinds and field.name not in ELSEWHERE
    ]


def _key_names(client: Client) -> list[str]:
    """What its public keys are called, as far as they have names."""
    keys = (client.jwks or {}).get("keys")
    found = [each for each in keys if isinstance(each, dict)] if isinstance(keys, list) else []
    return [str(each.get("kid") or each.get("kty") or "?")[:255] for each in found]


def _done(page: ClientPage, client: Client, now: int) -> str | None:
    done = page.query.once("done") or ""
    return done if done in DONE and DONE[done](client, now) else None


def _has_grants(page: ClientPage, client: Client) -> bool:
    """Whether to link the page of its grants."""
    if page.context.self_service:
        return False  # Its developer may not see who uses a client.
    if acts_for_users(client.grant_types):
        return True
    # Grants from before its grant types were removed are valid until they end.
    return bool(page.server.grants.grants(client_id=client.client_id, limit=1).items)


def _pages(page: ClientPage) -> tuple[str, ...]:
    pages = ("edit", "secret", "secret.earlier", "withdraw", "delete")
    return (
        pages
        if page.context.self_service
        else (*pages, "approve", "block", "disable", "enable", "grants")
    )


def _endpoints(page: ClientPage) -> dict[str, str]:
    registry = page.request.registry
    return {name: endpoint_url(registry, name) for name in ("authorize", "token", "metadata")}


client = client_page(_show)

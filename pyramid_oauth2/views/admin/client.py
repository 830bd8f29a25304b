"""The page of one client: what it is, and what can be done with it."""

from __future__ import annotations

from typing import Any

from pyramid.response import Response

from ...protocol.clients import acts_for_users
from ...protocol.records import Client
from ...protocol.scopes import format_scope
from ..urls import endpoint_url
from .times import utc_minute
from .visit import Visit, client_page

# What a redirect may say was done.
DONE = frozenset(
    {"registered", "edited", "enabled", "disabled", "withdrawn", "earlier_secret_ended"}
)


def _show(visit: Visit) -> Response:
    client = visit.client()
    done = visit.query.once("done")
    values = {
        "client": client,
        "for_users": acts_for_users(client.grant_types),
        "has_grants": _has_grants(visit, client),
        "scope": format_scope(client.scope),
        "optional_scope": format_scope(client.optional_scope),
        "created_at": utc_minute(client.created_at),
        "updated_at": utc_minute(client.updated_at),
        "disabled_at": client.disabled_at and utc_minute(client.disabled_at),
        "secrets": _secrets(client, visit.server.clock()),
        "lifetime": client.lifetimes.get("access_token"),
        "endpoints": _endpoints(visit),
        "done": done if done in DONE else None,
        "urls": {page: visit.place.url(page, client_id=client.client_id) for page in _pages(visit)},
    }
    return visit.render("client", values)


def _has_grants(visit: Visit, client: Client) -> bool:
    """Whether there is a page of grants to go to."""
    if visit.place.self_service:
        return False  # Who uses a client is not its developer's to see.
    if acts_for_users(client.grant_types):
        return True
    # What was allowed before its grant types were taken away goes on until it ends.
    return bool(visit.server.grants.grants(client_id=client.client_id, limit=1).items)


def _pages(visit: Visit) -> tuple[str, ...]:
    pages = ("edit", "secret", "secret.earlier", "withdraw", "delete")
    return pages if visit.place.self_service else (*pages, "disable", "enable", "grants")


def _secrets(client: Client, now: int) -> list[dict[str, Any]]:
    # The newest first, as a rotation puts them.
    return [
        {
            "created_at": utc_minute(secret.created_at),
            "ends_at": secret.expires_at and utc_minute(secret.expires_at),
        }
        for secret in client.client_secrets
        if secret.expires_at is None or now < secret.expires_at
    ]


def _endpoints(visit: Visit) -> dict[str, str]:
    registry = visit.request.registry
    return {name: endpoint_url(registry, name) for name in ("authorize", "token", "metadata")}


client = client_page(_show)

"""The list of clients, in pages."""

from __future__ import annotations

from typing import Any

from pyramid.response import Response

from ...protocol.clients.registry import UnknownClient
from ...protocol.clients.unreadable import UnreadableClient
from ...protocol.listings import NotACursor
from ...protocol.records import Client
from .page import ClientPage, client_page
from .refused import UNKNOWN_PAGE, Refused

PAGE_SIZE = 50
SORTS = ("client_name", "created_at")


def _show(page: ClientPage) -> Response:
    search_text = (page.query.once("q") or "").strip() or None
    sort = page.query.once("sort") or SORTS[0]
    cursor = page.query.once("cursor")
    if sort not in SORTS:
        raise Refused(UNKNOWN_PAGE, 404)
    try:
        found = page.clients.search(page.context.owner, search_text, sort, cursor, PAGE_SIZE)
    except NotACursor:
        raise Refused(UNKNOWN_PAGE, 404) from None
    values = {
        "clients": [_line(client) for client in found.items],
        "search_text": search_text,
        "sort": sort,
        "sort_urls": {name: page.context.url(q=search_text, sort=name) for name in SORTS},
        "first_url": cursor and page.context.url(q=search_text, sort=sort),
        "next_url": found.cursor
        and page.context.url(q=search_text, sort=sort, cursor=found.cursor),
        "deleted": page.query.once("done") == "deleted" and _is_gone(page),
    }
    return page.render("listing", values)


def _is_gone(page: ClientPage) -> bool:
    """Whether the client that the URL names does not exist: the link may be forged."""
    try:
        page.client()
    except UnknownClient:
        return page.query.once("client_id") is not None
    return False


def _line(client: Client) -> dict[str, Any]:
    return {
        "client_id": client.client_id,
        "client_name": client.client_name,
        "public": client.public,
        "unreadable": isinstance(client, UnreadableClient),
        "disabled": client.disabled_at is not None,
        "owner": client.owner,
        "created_at": client.created_at,
    }


listing = client_page(_show)

"""The list of clients, in pages."""

from __future__ import annotations

from typing import Any

from pyramid.response import Response

from ...protocol.clients.registry import UnknownClient
from ...protocol.clients.source import SOURCES, is_unchecked, source_of
from ...protocol.clients.unreadable import UnreadableClient
from ...protocol.listings import NotACursor
from ...protocol.records import Client
from ...protocol.records import Page as RecordPage
from .page import ClientPage, client_page
from .refused import UNKNOWN_PAGE, Refused

PAGE_SIZE = 50
MOST_PAGES = 20  # that are read at once to find clients of a source
SORTS = ("client_name", "created_at")


def _show(page: ClientPage) -> Response:
    search_text = (page.query.once("q") or "").strip() or None
    sort = page.query.once("sort") or SORTS[0]
    source = None if page.context.self_service else page.query.once("source") or None
    cursor = page.query.once("cursor")
    if sort not in SORTS or source not in (None, *SOURCES):
        raise Refused(UNKNOWN_PAGE, 404)
    try:
        found = _found(page, search_text, sort, source, cursor)
    except NotACursor:
        raise Refused(UNKNOWN_PAGE, 404) from None
    about = {"q": search_text, "source": source}
    values = {
        "clients": [_line(client) for client in found.items],
        "search_text": search_text,
        "sort": sort,
        "sort_urls": {name: page.context.url(**about, sort=name) for name in SORTS},
        "source": source,
        "source_urls": {
            name: page.context.url(**about | {"source": name}, sort=sort)
            for name in (None, *SOURCES)
            if not page.context.self_service
        },
        "first_url": cursor and page.context.url(**about, sort=sort),
        "next_url": found.cursor and page.context.url(**about, sort=sort, cursor=found.cursor),
        "deleted": page.query.once("done") == "deleted" and _is_gone(page),
    }
    return page.render("listing", values)


def _found(
    page: ClientPage, search_text: str | None, sort: str, source: str | None, cursor: str | None
) -> RecordPage[Client]:
    """A page of clients, of which a source may be wanted: no store lists by it."""
    for _ in range(1 if source is None else MOST_PAGES):
        found = page.clients.search(page.context.owner, search_text, sort, cursor, PAGE_SIZE)
        items = tuple(each for each in found.items if source in (None, source_of(each)))
        cursor = found.cursor
        if items or cursor is None:
            break
    return RecordPage(items, cursor)


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
        "unchecked": is_unchecked(client),
        "owner": client.owner,
        "created_at": client.created_at,
    }


listing = client_page(_show)

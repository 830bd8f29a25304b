"""The grants of a client, and revoking one of them."""

from __future__ import annotations

from typing import Any

from pyramid.response import Response

from ...protocol.grants import REVOKED_BY_OPERATOR, end_grant, find_grant
from ...protocol.listings import NotACursor
from ...protocol.records import Client, Grant
from ...protocol.scopes import format_scope
from ...protocol.server import UserNotChecked
from ...protocol.token.validity import NotValid, check_grant
from ...protocol.user_grants import last_token
from ..redirects import redirect
from .page import ClientPage, client_page
from .refused import UNKNOWN_GRANT, UNKNOWN_PAGE, Refused

PAGE_SIZE = 20


def _show(page: ClientPage) -> Response:
    client, cursor = page.client(), page.query.once("cursor")
    client_id = client.client_id
    try:
        found = page.server.grants.grants(client_id=client_id, cursor=cursor, limit=PAGE_SIZE)
    except NotACursor:
        raise Refused(UNKNOWN_PAGE, 404) from None

    def url(at: str | None = None) -> str:
        return page.context.url("grants", client_id=client_id, cursor=at)

    values = {
        "client": client,
        "grants": [_line(page, grant) for grant in found.items],
        "action": url(cursor),
        "first_url": cursor and url(),
        "next_url": found.cursor and url(found.cursor),
        "revoked": page.query.once("done") == "revoked" and _was_revoked(page, client),
        "client_url": page.context.url("client", client_id=client_id),
        "withdraw_url": page.context.url("withdraw", client_id=client_id),
    }
    return page.render("grants", values)


def _line(page: ClientPage, grant: Grant) -> dict[str, Any]:
    last = last_token(page.server, [grant])
    try:
        unchecked, ended = False, _ended(page, grant)
    except UserNotChecked:
        # It may be valid, so it can be revoked.
        unchecked, ended = True, None
    return {
        "id": grant.id,
        "user": page.request.oauth2.authorization_service.owners.describe(grant.subject),
        "scope": format_scope(grant.scope),
        "since": grant.created_at,
        "last_token": last and last.issued_at,
        "or_later": last is not None and last.or_later,
        "ended": ended,
        "unchecked": unchecked,
    }


def _ended(page: ClientPage, grant: Grant) -> str | None:
    """The check by which the tokens of the grant are not valid; None if they are.

    :raises UserNotChecked: whether they are cannot be said.
    """
    try:
        check_grant(page.server, grant)
    except NotValid as dead:
        return dead.refusal.check
    return None


def _was_revoked(page: ClientPage, client: Client) -> bool:
    """Whether the grant that the URL names is revoked: the link may be forged."""
    grant = _grant(page, client, page.query.once("grant"))
    return grant is not None and grant.revoked_at is not None


def _grant(page: ClientPage, client: Client, grant_id: str | None) -> Grant | None:
    """The grant, if it belongs to the client."""
    grant = find_grant(page.server, grant_id or "")
    return grant if grant is not None and grant.client_id == client.client_id else None


def _revoke(page: ClientPage) -> Response:
    client = page.client()
    grant = _grant(page, client, page.form.once("grant"))
    if grant is None:
        raise Refused(UNKNOWN_GRANT, 404, client.client_id)
    end_grant(page.server, grant, REVOKED_BY_OPERATOR, page.emit)
    where = {"client_id": client.client_id, "cursor": page.query.once("cursor")}
    return redirect(page.context.url("grants", **where, done="revoked", grant=grant.id))


grants = client_page(_show, _revoke)

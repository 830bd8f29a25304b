"""A client's secrets: the only page that shows a new one, and the rotation.

The secret is in the response to the form and nowhere else, not even in a
redirect's URL or a session: it is shown once.
"""

from __future__ import annotations

import re

from pyramid.response import Response

from ...endpoint_urls import endpoint_url
from ...protocol.clients.registry import Registered
from ...protocol.clients.secrets import live_secrets
from ...protocol.errors import InvalidRequest
from ...protocol.records import Client
from .page import FORM_AS_SENT, ClientPage, client_page
from .refused import PUBLIC_CLIENT, SECRETLESS_CLIENT, Refused

# When the secret in use expires, in seconds from now.
OVERLAPS = {"now": 0, "hour": 3600, "day": 86400, "week": 7 * 86400}

# What needs no quotes in a shell, also at the beginning of a word.
PLAIN = re.compile(r"[A-Za-z0-9._-]+")


def registered_page(page: ClientPage, registered: Registered) -> Response:
    """The page with the client_id and the secret of a client that was just registered."""
    if registered.secret is None:
        return page.go_to(registered.client.client_id, "registered")
    return _secret_page(page, registered, "registered")


def _secret_page(page: ClientPage, registered: Registered, done: str) -> Response:
    client = registered.client
    ends = [secret.expires_at for secret in client.client_secrets if secret.expires_at]
    values = {
        "done": done,
        "client": client,
        "secret": registered.secret,
        "earlier_ends_at": ends[0] if ends else None,
        "plain_client_id": PLAIN.fullmatch(client.client_id) is not None,
        "token_endpoint": endpoint_url(page.request.registry, "token"),
        "client_url": page.context.url("client", client_id=client.client_id),
    }
    return page.render("secret", values)


def _show(page: ClientPage) -> Response:
    client = page.client_to_change()
    _refuse_without_secret(page, client)
    values = {
        "client": client,
        "overlaps": OVERLAPS,
        "two_count": len(live_secrets(client.client_secrets, page.server.clock())) > 1,
        "client_url": page.context.url("client", client_id=client.client_id),
    }
    return page.render("rotate", values)


def _rotate(page: ClientPage) -> Response:
    client = page.client_of_form()
    overlap = OVERLAPS.get(page.form.once("overlap") or "")
    if overlap is None:
        raise InvalidRequest(
            "The form does not say when the secret in use ends.", refusal=FORM_AS_SENT
        )
    _refuse_without_secret(page, client)
    # With the version: a form sent twice would end the secret in use too early.
    registered = page.clients.rotate_secret(client.client_id, overlap, version=client.version)
    return _secret_page(page, registered, "rotated")


def _refuse_without_secret(page: ClientPage, client: Client) -> None:
    if not page.server.has_secret(client):
        refusal = PUBLIC_CLIENT if client.public else SECRETLESS_CLIENT
        raise Refused(refusal, 404, client.client_id)


rotating = client_page(_show, _rotate)

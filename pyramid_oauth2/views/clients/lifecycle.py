"""Actions that have to be confirmed: disabling, revoking, deleting, and ending a secret.

A form that is sent twice, by a double click for instance, has one effect, and the second
response is that of the first: it is the one that the browser shows.
"""

from __future__ import annotations

from pyramid.response import Response

from ...protocol.clients.registry import UnknownClient
from ...protocol.clients.rules import acts_for_users
from ...protocol.clients.source import is_unchecked
from ...protocol.records import Client
from ..redirects import redirect
from .page import ClientPage, Step, client_page

# Actions that an older page must not perform: the client may have another owner by now,
# or may have been disabled again. Removing rights always works.
WITH_VERSION = frozenset({"approve", "enable", "delete", "secret.earlier"})


def _ask_to_delete(page: ClientPage) -> Response:
    return _ask(page, page.client_to_change(to_delete=True), "delete")


def _confirmation(what: str) -> Step:
    """The step that explains an action and asks for confirmation."""

    def show(page: ClientPage) -> Response:
        return _ask(page, page.readable_client(), what)

    return show


def _ask(page: ClientPage, client: Client, what: str, *, wrong_name: bool = False) -> Response:
    values = {
        "what": what,
        "client": client,
        "for_users": acts_for_users(client.grant_types),
        "version": client.version if what in WITH_VERSION else None,
        "name_to_type": client.client_name or client.client_id,
        "wrong_name": wrong_name,
        "cache": page.request.oauth2.authorization_service.settings.client_cache,
        "client_url": page.context.url("client", client_id=client.client_id),
    }
    return page.render("confirm", values, 422 if wrong_name else 200)


def _ask_to_end_earlier(page: ClientPage) -> Response:
    client = page.client_to_change()
    if len(client.client_secrets) < 2:
        return redirect(page.context.url("client", client_id=client.client_id))
    return _ask(page, client, "secret.earlier")


def _end_earlier(page: ClientPage) -> Response:
    client = page.client_to_change()
    if len(client.client_secrets) > 1:
        client = page.client_of_form()
        page.clients.end_earlier_secret(client.client_id, client.version)
    return page.go_to(client.client_id, "earlier_secret_ended")


def _disable(page: ClientPage) -> Response:
    client = page.readable_client()
    page.clients.disable(client.client_id)
    return page.go_to(client.client_id, "disabled")


def _enable(page: ClientPage) -> Response:
    client = page.client()
    if client.disabled_at is not None:
        client = page.client_of_form()
        page.clients.enable(client.client_id, client.version)
    return page.go_to(client.client_id, "enabled")


def _approve(page: ClientPage) -> Response:
    client = page.readable_client()
    if is_unchecked(client):
        client = page.client_of_form()
        page.clients.approve(client.client_id, client.version)
    return page.go_to(client.client_id, "approved")


def _withdraw(page: ClientPage) -> Response:
    client = page.readable_client()
    page.clients.withdraw(client.client_id)
    return page.go_to(client.client_id, "withdrawn")


def _delete(page: ClientPage) -> Response:
    try:
        client = page.client_of_form(to_delete=True)
    except UnknownClient:
        client_id = page.query.once("client_id")
        # Whose it was is not known any more, and no user learns what others have deleted.
        if page.context.self_service or not client_id:
            raise
        if not page.server.clients.was_deleted(client_id):
            raise
        return redirect(page.context.url(done="deleted", client_id=client_id))
    typed = page.form.once("name") or ""
    # Browsers and users add and drop blanks; the name is no secret.
    if typed.split() != (client.client_name or client.client_id).split():
        return _ask(page, client, "delete", wrong_name=True)
    page.clients.delete(client.client_id, client.version)
    return redirect(page.context.url(done="deleted", client_id=client.client_id))


disabling = client_page(_confirmation("disable"), _disable)
approving = client_page(_confirmation("approve"), _approve)
enabling = client_page(_confirmation("enable"), _enable)
ending_earlier = client_page(_ask_to_end_earlier, _end_earlier)
withdrawing = client_page(_confirmation("withdraw"), _withdraw)
deleting = client_page(_ask_to_delete, _delete)

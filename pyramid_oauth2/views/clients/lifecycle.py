"""What is asked before it is done: stopping a client or one of its secrets, and deleting it."""

from __future__ import annotations

from pyramid.response import Response

from ...protocol.clients.rules import acts_for_users
from ...protocol.records import Client
from ..redirects import redirect
from .page import Step, Visit, client_page

# What an older page must not do: the client may be another's by now, or was
# disabled once more. Taking rights away always works.
WITH_VERSION = frozenset({"enable", "delete", "secret.earlier"})


def _ask_to_delete(visit: Visit) -> Response:
    return _ask(visit, visit.client_to_change(), "delete")


def _confirmation(what: str) -> Step:
    """The step that says what will happen, before it is asked for."""

    def show(visit: Visit) -> Response:
        return _ask(visit, visit.client(), what)

    return show


def _ask(visit: Visit, client: Client, what: str, *, wrong_name: bool = False) -> Response:
    values = {
        "what": what,
        "client": client,
        "for_users": acts_for_users(client.grant_types),
        "version": client.version if what in WITH_VERSION else None,
        "name_to_type": client.client_name or client.client_id,
        "wrong_name": wrong_name,
        "cache": visit.request.oauth2.service.settings.client_cache,
        "client_url": visit.place.url("client", client_id=client.client_id),
    }
    return visit.render("confirm", values, 422 if wrong_name else 200)


def _ask_to_end_earlier(visit: Visit) -> Response:
    client = visit.client_to_change()
    if len(client.client_secrets) < 2:
        return redirect(visit.place.url("client", client_id=client.client_id))
    return _ask(visit, client, "secret.earlier")


def _end_earlier(visit: Visit) -> Response:
    client = visit.client_of_form()
    visit.clients.end_earlier_secret(client.client_id, client.version)
    return visit.go_to(client.client_id, "earlier_secret_ended")


def _disable(visit: Visit) -> Response:
    client = visit.client()
    visit.clients.disable(client.client_id)
    return visit.go_to(client.client_id, "disabled")


def _enable(visit: Visit) -> Response:
    client = visit.client_of_form()
    visit.clients.enable(client.client_id, client.version)
    return visit.go_to(client.client_id, "enabled")


def _withdraw(visit: Visit) -> Response:
    client = visit.client()
    visit.clients.withdraw(client.client_id)
    return visit.go_to(client.client_id, "withdrawn")


def _delete(visit: Visit) -> Response:
    client = visit.client_of_form()
    typed = visit.form.once("name") or ""
    # Browsers and people add and drop blanks; the name is no secret.
    if typed.split() != (client.client_name or client.client_id).split():
        return _ask(visit, client, "delete", wrong_name=True)
    visit.clients.delete(client.client_id, client.version)
    return redirect(visit.place.url(done="deleted", client_id=client.client_id))


disabling = client_page(_confirmation("disable"), _disable)
enabling = client_page(_confirmation("enable"), _enable)
ending_earlier = client_page(_ask_to_end_earlier, _end_earlier)
withdrawing = client_page(_confirmation("withdraw"), _withdraw)
deleting = client_page(_ask_to_delete, _delete)

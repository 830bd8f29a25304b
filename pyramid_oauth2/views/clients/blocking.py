"""Blocking a host whose clients came by themselves: no other one of them does any more."""

from __future__ import annotations

from pyramid.response import Response

from ...protocol.clients.blocked_hosts import BlockedHosts, block, hosts_of
from ...protocol.clients.source import BY_ITSELF, source_of
from ...protocol.errors import InvalidRequest
from ...protocol.records import Client
from ..redirects import redirect
from .page import FORM_AS_SENT, ClientPage, client_page


def hosts_to_block(client: Client) -> tuple[str, ...]:
    """The hosts of a client that came by itself; none of any other."""
    return hosts_of(client) if source_of(client) in BY_ITSELF else ()


def blocked_host(page: ClientPage, client: Client) -> str | None:
    """A blocked host of a client that came by itself."""
    return BlockedHosts(page.server).of(client) if hosts_to_block(client) else None


def _ask(page: ClientPage) -> Response:
    client = page.readable_client()
    hosts = hosts_to_block(client)
    url = page.context.url("client", client_id=client.client_id)
    if not hosts:
        return redirect(url)
    return page.render("block", {"client": client, "hosts": hosts, "client_url": url})


def _block(page: ClientPage) -> Response:
    client = page.readable_client()
    host = page.form.once("host")
    if host is None or host not in hosts_to_block(client):
        raise InvalidRequest("The form is not as it was sent.", refusal=FORM_AS_SENT)
    block(page.server, page.clients, host)
    return page.go_to(client.client_id, "blocked")


blocking = client_page(_ask, _block)

"""A client that is known by the document at its ``client_id``, once an operator has pinned it.

``make bench BENCH="--feature benchmarks.features.documents"``
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from pyramid_oauth2 import Client
from pyramid_oauth2.protocol.clients.source import DOCUMENT, approved, from_source

from ..site import ISSUER, REDIRECT_URI, SCOPE, USER, Environ, Site, environ
from ..workloads import AUTHORIZATION_REQUEST, exchange, workload

URL = "https://client.example/client.json"
SETTINGS = {
    "oauth2.client_id_metadata": "pinned",
    "oauth2.client_id_metadata.scopes": SCOPE,
}


def includeme(config: Any) -> None:
    """Nothing: the settings switch it on."""


def beside(site: Site) -> Site:
    """The server with such a client, to which its user has allowed what it requests."""
    client = Client(
        URL,
        client_name="Bench",
        redirect_uris=(REDIRECT_URI,),
        grant_types=("authorization_code", "refresh_token"),
        response_types=("code",),
        scope=frozenset({SCOPE}),
        token_endpoint_auth_method="none",
    )
    site.service.clients.add(approved(from_source(client, DOCUMENT)))
    known = replace(site, others={URL: ""})
    _allow(known.by(URL))
    return known


def _allow(site: Site) -> None:
    query = urlencode({**AUTHORIZATION_REQUEST, "client_id": site.client_id})
    page = site.ask(environ("GET", "/oauth2/authorize", query=query, REMOTE_USER=USER))
    hidden = dict(re.findall(rb'type="hidden" name="(\w+)" value="(.*?)"', page.body))
    form = {name.decode(): value.decode() for name, value in hidden.items()}
    body = urlencode({**form, "decision": "allow"}).encode()
    sent = {"HTTP_COOKIE": page.headers["Set-Cookie"].partition(";")[0], "HTTP_ORIGIN": ISSUER}
    site.ask(environ("POST", "/oauth2/authorize", body, REMOTE_USER=USER, **sent))


@workload("D1", beside="W4")
def code_of_a_client_with_a_document(site: Site) -> Environ:
    """The exchange of a code, with PKCE, by a client without a secret."""
    return exchange(site.by(URL))


@workload("D2", beside="W3")
def refresh_of_a_client_with_a_document(site: Site) -> Environ:
    """A refresh with rotation, by such a client."""
    client = site.by(URL)
    token = client.ask(exchange(client)).json["refresh_token"]
    return client.form("/oauth2/token", grant_type="refresh_token", refresh_token=token)

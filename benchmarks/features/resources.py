"""Tokens for one API of several (RFC 8707), issued, refreshed and presented.

``make bench BENCH="--feature benchmarks.features.resources"``
"""

from __future__ import annotations

from typing import Any

from ..site import ISSUER, SCOPE, Environ, Site, environ
from ..workloads import exchange, workload

PROTECTED = f"{ISSUER}/protected"
SETTINGS = {
    "oauth2.resources": f"{PROTECTED} = {SCOPE}\nhttps://other.example = {SCOPE}",
    # The view is in the API, also for the workloads that name none.
    "oauth2.default_resource": PROTECTED,
}


def includeme(config: Any) -> None:
    """Nothing: the settings name the APIs."""


def beside(site: Site) -> Site:
    """The same server."""
    return site


@workload("R1", beside="W1")
def client_credentials_for_an_api(site: Site) -> Environ:
    """An access token for the client itself, for one API."""
    form = {"grant_type": "client_credentials", "scope": SCOPE, "resource": PROTECTED}
    return site.form("/oauth2/token", **form)


@workload("R2", beside="W3")
def refresh_for_an_api(site: Site) -> Environ:
    """A refresh with rotation, of a grant for one API."""
    token = site.ask(exchange(site, resource=PROTECTED)).json["refresh_token"]
    return site.form("/oauth2/token", grant_type="refresh_token", refresh_token=token)


@workload("R3", beside="W5")
def view_of_an_api(site: Site) -> Environ:
    """A view of the API, which requires a user's access token for it."""
    bearer = f"Bearer {site.ask(exchange(site, resource=PROTECTED)).json['access_token']}"
    return environ("GET", "/protected", HTTP_AUTHORIZATION=bearer)

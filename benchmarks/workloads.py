"""The workloads: the preparation, which is not measured, and the requests, which are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias
from urllib.parse import parse_qs, urlencode, urlsplit

from .site import CLIENT_ID, PASSWORD, REDIRECT_URI, SCOPE, USER, Environ, Site, environ

Workload: TypeAlias = Callable[[Site], Environ]
"""Prepares one request, and returns it."""

WORKLOADS: dict[str, Workload] = {}
BESIDE: dict[str, str] = {}
"""The workloads of features, each with the opaque one that it is compared with."""

# RFC 7636 appendix B.
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
AUTHORIZATION_REQUEST = {
    "response_type": "code",
    "client_id": CLIENT_ID,
    "redirect_uri": REDIRECT_URI,
    "scope": SCOPE,
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}


def workload(name: str, beside: str = "") -> Callable[[Workload], Workload]:
    """Register a function that prepares the requests of a workload, under that name.

    :param beside: for the workload of a feature, the one that does the same without it.
    """

    def register(prepare: Workload) -> Workload:
        WORKLOADS[name] = prepare
        if beside:
            BESIDE[name] = beside
        return prepare

    return register


def opaque() -> list[str]:
    """The names of the workloads that need no feature."""
    return [name for name in WORKLOADS if name not in BESIDE]


def title(name: str) -> str:
    """The name of a workload, and what it is."""
    return f"{name} {WORKLOADS[name].__name__.replace('_', ' ')}"


def requests_of(name: str, site: Site) -> Iterator[Environ]:
    """Endless requests of a workload, each prepared when it is requested."""
    while True:
        yield WORKLOADS[name](site)


def exchange(site: Site, **request: str) -> Environ:
    """The exchange of a code that the user has just allowed the client of the site.

    :param request: parameters of the authorization request, beside the usual ones.
    """
    query = urlencode({**AUTHORIZATION_REQUEST, "client_id": site.client_id, **request})
    asked = environ("GET", "/oauth2/authorize", query=query, REMOTE_USER=USER)
    location = site.ask(asked).headers["Location"]
    (code,) = parse_qs(urlsplit(location).query)["code"]
    form = {"code": code, "redirect_uri": REDIRECT_URI, "code_verifier": VERIFIER}
    return site.form("/oauth2/token", grant_type="authorization_code", **form)


@workload("W0")
def view_without_token(site: Site) -> Environ:
    """A view that needs no token."""
    return environ("GET", "/open")


@workload("W1")
def client_credentials(site: Site) -> Environ:
    """An access token for the client itself, HTTP Basic."""
    return site.form("/oauth2/token", grant_type="client_credentials", scope=SCOPE)


@workload("W2")
def password(site: Site) -> Environ:
    """An access token and a refresh token for a user's password, whose hash costs nothing."""
    login = {"username": USER, "password": PASSWORD, "scope": SCOPE}
    return site.form("/oauth2/token", grant_type="password", **login)


@workload("W3")
def refresh(site: Site) -> Environ:
    """A refresh with rotation, by a confidential client."""
    token = site.tokens()["refresh_token"]
    return site.form("/oauth2/token", grant_type="refresh_token", refresh_token=token)


@workload("W4")
def authorization_code(site: Site) -> Environ:
    """The exchange of a code, with PKCE."""
    return exchange(site)


@workload("W5")
def protected_view(site: Site) -> Environ:
    """A view that requires a user's access token."""
    bearer = f"Bearer {site.tokens()['access_token']}"
    return environ("GET", "/protected", HTTP_AUTHORIZATION=bearer)


@workload("W6")
def introspection(site: Site) -> Environ:
    """The introspection of a user's access token."""
    return site.form("/oauth2/introspect", token=site.tokens()["access_token"])


@workload("W7")
def revocation(site: Site) -> Environ:
    """The revocation of an access token."""
    return site.form("/oauth2/revoke", token=site.tokens()["access_token"])

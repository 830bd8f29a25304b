"""What the server is called, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass

from .declaration import REQUIRED, setting
from .types import AUTHORIZATION_SERVER, base_url, boolean, issuer_url, mode_name, paths, route_path


@dataclass(frozen=True)
class ServerSettings:
    """What the server is called, and where it stands.

    ``oauth2.path`` and ``oauth2.enforce_https`` are for an authorization server alone.
    """

    mode: str = setting(
        mode_name,
        AUTHORIZATION_SERVER,
        "authorization_server issues tokens and lets them in. resource_server only lets in what "
        "another server issued, and asks that server by oauth2.introspection.url.",
    )
    issuer: str = setting(
        issuer_url,
        REQUIRED,
        "The URL that names the authorization server to its clients (RFC 8414 section 2). "
        "https, or http on a loopback host; without a trailing slash, query or fragment.",
    )
    path: str = setting(
        route_path, "/oauth2", "The path below which the endpoints stand, such as /oauth2."
    )
    base_url: str | None = setting(
        base_url,
        None,
        "The public URL to which oauth2.path is added, where the application does not stand at "
        "the issuer. Default: the issuer. A resource server must say where it stands.",
    )
    enforce_https: bool | None = setting(
        boolean,
        None,
        "Whether the endpoints refuse plain http. Default: true for an https issuer.",
    )
    security_policy: bool = setting(
        boolean,
        True,
        "Whether the include wraps the application's security policy. false is for an application "
        "that composes its own with BearerTokenHelper or OAuth2AuthenticationPolicy.",
    )
    resource_paths: frozenset[str] = setting(
        paths,
        frozenset(),
        "Paths such as /api below which every bearer token is ours, also one without our prefix.",
    )
    metrics: bool = setting(
        boolean,
        False,
        "Whether Prometheus metrics are kept, for the application to expose. Needs the extra: pip "
        "install 'pyramid-oauth2-server[metrics]'.",
    )

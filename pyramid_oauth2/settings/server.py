"""The settings of the server and its URLs."""

from __future__ import annotations

from dataclasses import dataclass

from ..protocol.parameters import MAX_VALUE
from .declaration import REQUIRED, setting
from .profiles import profile_name
from .secrets import secrets
from .types import (
    AUTHORIZATION_SERVER,
    base_url,
    boolean,
    issuer_url,
    mode_name,
    parameter_length,
    paths,
    route_path,
)


@dataclass(frozen=True, init=False, repr=False, eq=False)
class ServerSettings:
    """Server.

    ``oauth2.profile``, ``oauth2.path`` and ``oauth2.enforce_https`` are for an authorization
    server only.
    """

    mode: str = setting(
        mode_name,
        AUTHORIZATION_SERVER,
        "An authorization_server issues tokens and accepts them. A resource_server only accepts "
        "tokens that another server issued; oauth2.validation says how it validates them.",
    )
    profile: str | None = setting(
        profile_name,
        None,
        "A profile sets several settings where the ini does not have them, and the server does not "
        "start with one that is weaker than the profile demands. mcp is for the authorization "
        "server of an MCP server. Default: none.",
        mode=AUTHORIZATION_SERVER,
    )
    issuer: str = setting(
        issuer_url,
        REQUIRED,
        "The URL that names the authorization server to its clients (RFC 8414 section 2). "
        "https, or http on a loopback host; without query or fragment, and without a slash at its "
        "end, which only another server's issuer may have.",
    )
    path: str = setting(
        route_path,
        "/oauth2",
        "The path below which the endpoints are served, such as /oauth2.",
        mode=AUTHORIZATION_SERVER,
    )
    base_url: str | None = setting(
        base_url,
        None,
        "The public URL to which oauth2.path is appended, if the application is not served at the "
        "issuer. Default: the issuer. Required for a resource server.",
    )
    enforce_https: bool | None = setting(
        boolean,
        None,
        "Whether the endpoints refuse plain http. Default: true for an https issuer.",
        mode=AUTHORIZATION_SERVER,
    )
    security_policy: bool = setting(
        boolean,
        True,
        "Whether the include wraps the application's security policy. Set it to false if the "
        "application composes its own policy with BearerTokenHelper or OAuth2AuthenticationPolicy.",
    )
    resource_paths: frozenset[str] = setting(
        paths,
        frozenset(),
        "Paths such as /api below which pyramid_oauth2 handles every bearer token, including "
        "tokens without one of its prefixes.",
    )
    cors_paths: frozenset[str] = setting(
        paths,
        frozenset(),
        "Paths such as /api below which pages of other origins may read the responses: those of "
        "the allowed_origins of a token's client (CORS). Never with cookies. In a resource server, "
        "which does not know the clients: pages of all origins.",
    )
    max_parameter_length: int = setting(
        parameter_length,
        MAX_VALUE,
        "How many characters a parameter of a request may have, such as a state or a token; a "
        "scope may be longer if all scopes of the server together are. WSGI servers and proxies "
        "limit the length of a URL as well, often to 4 or 8 KB: a longer authorization request "
        "has to be sent by POST. In a resource server: a token that is presented.",
    )
    secret: tuple[str, ...] = setting(
        secrets,
        (),
        "The secret under which the server stores its signing keys: what 'poauth2 secret' prints. "
        "Only for features that sign. Several, separated by white space: the first seals, all "
        "open. file:/path and env:NAME read it from a file or an environment variable.",
        mode=AUTHORIZATION_SERVER,
        secret=True,
        stored_keys=True,
    )
    metrics: bool = setting(
        boolean,
        False,
        "Whether to collect Prometheus metrics, for the application to expose. Requires the "
        "package prometheus-client, which the extra metrics installs.",
    )

"""The ``oauth2.*`` settings: each key, its type, default and meaning, once.

:mod:`~pyramid_oauth2.setting_parsing` makes a :class:`Settings` of the ini, at
start-up. An extension's keys live under a prefix of their own
(``oauth2.sqlalchemy.url``), which it declares with ``config.add_oauth2_settings``.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .protocol.throttling import Limit
from .setting_types import (
    AUTHORIZATION_SERVER,
    RESOURCE_SERVER,
    Parser,
    backend_name,
    base_url,
    boolean,
    code_lifetime,
    count,
    endpoint_url,
    issuer_url,
    lifetime,
    mode_name,
    paths,
    plain_text,
    principals,
    rate,
    renderer,
    response_type_words,
    route_name,
    route_path,
    scope_lines,
    seconds,
    words,
)

REQUIRED: Any = object()


def setting(
    parse: Parser,
    default: Any,
    meaning: str,
    *,
    key: str | None = None,
    mode: str | None = None,
    secret: bool = False,
) -> Any:
    """Declare a setting as a dataclass field.

    :param parse: from the ini's text to the value; one of those in
        :mod:`~pyramid_oauth2.setting_types`.
    :param default: the value where the ini says nothing, or :data:`REQUIRED`.
    :param meaning: one or two sentences for the reference.
    :param key: its name after ``oauth2.``, where that is not the field's.
    :param mode: the ``oauth2.mode`` that requires it, where not both do.
    :param secret: whether nobody should read it over a shoulder.
    """
    metadata = {
        "parse": parse,
        "meaning": meaning,
        "key": key,
        "default": default,
        "mode": mode,
        "secret": secret,
    }
    value = None if default is REQUIRED else default
    return dataclasses.field(default_factory=lambda: value, metadata=metadata, repr=not secret)


@dataclass(frozen=True)
class Settings:
    """What the ini says, parsed and checked."""

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
    backend: str = setting(
        backend_name,
        REQUIRED,
        "Where state lives: sqlalchemy, redis, memory (for tests), or the dotted name of a "
        "backend of your own.",
        mode=AUTHORIZATION_SERVER,
    )
    backend_clients: str | None = setting(
        backend_name,
        None,
        "Another backend for the clients. Default: oauth2.backend.",
        key="backend.clients",
    )
    backend_grants: str | None = setting(
        backend_name,
        None,
        "Another backend for grants and tokens. Default: oauth2.backend.",
        key="backend.grants",
    )
    backend_consents: str | None = setting(
        backend_name,
        None,
        "Another backend for remembered consent. Default: oauth2.backend.",
        key="backend.consents",
    )
    read_only: bool = setting(
        boolean,
        False,
        "Whether tokens are checked, and nothing is written: whoever wants a new one, or to revoke "
        "one, is told to come again (503). For the time in which poauth2 copy moves the state.",
    )
    scopes: Mapping[str, str] = setting(
        scope_lines,
        types.MappingProxyType({}),
        "The scopes that clients may ask for: one 'name = description' a line. The description "
        "is what users read.",
    )
    default_scopes: frozenset[str] | None = setting(
        words,
        None,
        "What a request that names no scope gets, cut to the client's own scope. "
        "Default: the client's own scope.",
    )
    grant_types: frozenset[str] | None = setting(
        words,
        None,
        "The grant types of the token endpoint. Default: authorization_code refresh_token "
        "client_credentials, as far as they are registered.",
    )
    access_token_lifetime: int = setting(
        lifetime, 3600, "How long an access token lives, such as 3600, 10m or 1h."
    )
    public_access_token_lifetime: int | None = setting(
        lifetime,
        None,
        "How long an access token of a public client lives. Default: oauth2.access_token_lifetime.",
    )
    authorization_code_lifetime: int = setting(
        code_lifetime, 60, "How long an authorization code may be redeemed; at most 10m."
    )
    refresh_token_lifetime: int = setting(
        lifetime, 30 * 86400, "How long a refresh token lives since it was issued."
    )
    refresh_token_grace: int = setting(
        seconds,
        30,
        "For how many seconds a client that lost the answer to a refresh gets the same answer "
        "again. Afterwards, or once the new refresh token was used, using the old one ends the "
        "grant. 0 gives no second answer.",
    )
    single_access_token: bool = setting(
        boolean,
        False,
        "Whether a user's new access token for a client and scope ends the earlier ones.",
    )
    interaction_lifetime: int = setting(
        lifetime, 600, "How long a user may take to log in and decide."
    )
    consent_lifetime: int = setting(
        lifetime, 365 * 86400, "How long remembered consent counts since it was given."
    )
    response_types: frozenset[str] = setting(
        response_type_words,
        frozenset({"code"}),
        "What the authorization endpoint answers with. The other one, token, is the implicit "
        "grant: RFC 9700 section 2.1.2 says not to use it.",
    )
    require_pkce: bool = setting(
        boolean,
        True,
        "Whether confidential clients must use PKCE as well. Public ones always must. A single "
        "client can be exempted when it is registered.",
    )
    login_route: str | None = setting(
        route_name,
        None,
        "The route of the application's login page. Default: its forbidden view is asked.",
    )
    login_return_param: str = setting(
        route_name, "next", "The query parameter by which the login page gets the way back."
    )
    renderer_consent: str = setting(
        renderer,
        "pyramid_oauth2:templates/consent.oauth2",
        "The template of the consent page.",
        key="renderer.consent",
    )
    renderer_authorizations: str = setting(
        renderer,
        "pyramid_oauth2:templates/authorizations.oauth2",
        "The template of the page that lists what a user allows.",
        key="renderer.authorizations",
    )
    renderer_error: str = setting(
        renderer,
        "pyramid_oauth2:templates/error.oauth2",
        "The template of the error page.",
        key="renderer.error",
    )
    renderer_form_post: str = setting(
        renderer,
        "pyramid_oauth2:templates/form_post.oauth2",
        "The template of the page that posts an answer to the client.",
        key="renderer.form_post",
    )
    grant_lifetime: int = setting(
        lifetime,
        365 * 86400,
        "How long what a user allowed may last at most, whatever is refreshed meanwhile.",
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
    resource_paths: frozenset[str] = setting(
        paths,
        frozenset(),
        "Paths such as /api below which every bearer token is ours, also one without our prefix.",
    )
    security_policy: bool = setting(
        boolean,
        True,
        "Whether the include wraps the application's security policy. false is for an application "
        "that composes its own with BearerTokenHelper or OAuth2AuthenticationPolicy.",
    )
    client_cache: int = setting(
        seconds,
        2,
        "For how many seconds a process may believe what it knows of a client: the time after "
        "which a disabled one stops everywhere. 0 reads the store every time.",
    )
    introspection_url: str = setting(
        endpoint_url,
        REQUIRED,
        "The introspection endpoint of the authorization server, such as "
        "https://auth.example.com/oauth2/introspect.",
        key="introspection.url",
        mode=RESOURCE_SERVER,
    )
    introspection_client_id: str = setting(
        plain_text,
        REQUIRED,
        "The client_id by which this application is registered there as a resource server.",
        key="introspection.client_id",
        mode=RESOURCE_SERVER,
    )
    introspection_client_secret: str = setting(
        plain_text,
        REQUIRED,
        "Its secret.",
        key="introspection.client_secret",
        mode=RESOURCE_SERVER,
        secret=True,
    )
    introspection_cache: int = setting(
        seconds,
        10,
        "For how many seconds an answer of that endpoint is believed: the time for which a "
        "revoked token may still work here. 0 asks at every request.",
        key="introspection.cache",
    )
    admin: bool = setting(
        boolean,
        False,
        "Whether there are pages to manage all clients, at <path>/admin/clients. They need "
        "oauth2.admin_principals.",
    )
    admin_principals: frozenset[str] = setting(
        principals,
        frozenset(),
        "Who may use them: principals as the application's policy knows them, such as group:admin "
        "or a userid.",
    )
    self_service: bool = setting(
        boolean,
        False,
        "Whether every signed-in user may register and manage clients of their own, at "
        "<path>/applications.",
    )
    self_service_max_clients: int = setting(
        count,
        10,
        "How many clients a user may have there.",
        key="self_service.max_clients",
    )
    self_service_grant_types: frozenset[str] = setting(
        words,
        frozenset({"authorization_code", "refresh_token"}),
        "The grant types that a user may give to them.",
        key="self_service.grant_types",
    )
    self_service_scopes: frozenset[str] | None = setting(
        words,
        None,
        "The scopes that a user may give to them. Default: all.",
        key="self_service.scopes",
    )
    metrics: bool = setting(
        boolean,
        False,
        "Whether Prometheus metrics are kept, for the application to expose. Needs the extra: pip "
        "install 'pyramid-oauth2-server[metrics]'.",
    )
    throttle: bool = setting(
        boolean,
        True,
        "Whether a source of too many attempts has to wait (429). false only where something in "
        "front of the server does that.",
    )
    throttle_clients: Limit = setting(
        rate,
        Limit(10, "minute"),
        "How many client authentications may fail for one client_id from one address, such as "
        "10/minute or 50/hour; ten times as many for all of an address.",
        key="throttle.clients",
    )
    throttle_passwords: Limit = setting(
        rate,
        Limit(10, "minute"),
        "How many passwords may be wrong for one user name from one address, or by one "
        "confidential client (password grant); ten times as many for all of an address.",
        key="throttle.passwords",
    )
    throttle_rotations: Limit = setting(
        rate,
        Limit(60, "minute"),
        "How often one grant may be refreshed.",
        key="throttle.rotations",
    )
    throttle_interactions: Limit = setting(
        rate,
        Limit(100, "minute"),
        "How many authorization requests of people who are not signed in are kept for one address.",
        key="throttle.interactions",
    )
    throttle_storage: str | None = setting(
        plain_text,
        None,
        "Where all processes count together: a URI of the limits library, such as "
        "redis://localhost:6379/1, or memory:// for each process alone. Default: the server of "
        "oauth2.redis where grants are in Redis, else memory://.",
        secret=True,
    )
    sections: Mapping[str, Mapping[str, str]] = dataclasses.field(
        default_factory=dict, repr=False, metadata={"key": None}
    )

    def section(self, prefix: str) -> Mapping[str, str]:
        """The ini's values below ``oauth2.<prefix>.``, unparsed, without that prefix."""
        return self.sections.get(prefix, {})

    def renderer(self, page: str) -> str:
        """The template of a page, by its name; ours where there is no setting for it."""
        ours = f"pyramid_oauth2:templates/{page}.oauth2"
        template: str = getattr(self, f"renderer_{page}", ours)
        return template

    def backend_of(self, role: str) -> str:
        """The backend for ``clients``, ``grants`` or ``consents``."""
        return getattr(self, f"backend_{role}") or self.backend

    @property
    def public_url(self) -> str:
        """The URL to which the path of an endpoint is added. Never taken from a request."""
        return self.base_url or self.issuer

    @property
    def public_lifetime(self) -> int:
        """The life of a public client's access token, in seconds."""
        return self.public_access_token_lifetime or self.access_token_lifetime

    @property
    def https_required(self) -> bool:
        """Whether plain http is refused."""
        if self.enforce_https is None:
            # A missing issuer is a mistake of its own.
            return (self.issuer or "").startswith("https:")
        return self.enforce_https


def setting_fields() -> dict[str, dataclasses.Field[Any]]:
    """The declared settings by their key without ``oauth2.``."""
    return {
        field.metadata["key"] or field.name: field
        for field in dataclasses.fields(Settings)
        if "parse" in field.metadata
    }

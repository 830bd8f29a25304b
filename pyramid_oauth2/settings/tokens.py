"""The settings of scopes, grant types and lifetimes."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import dataclass

from .declaration import GRANT_TYPES, SCOPES, setting
from .private_schemes import private_schemes
from .types import (
    AUTHORIZATION_SERVER,
    boolean,
    code_grace,
    code_lifetime,
    lifetime,
    response_type_words,
    scope_lines,
    seconds,
    words,
)

DEFAULT_GRANT_TYPES = frozenset({"authorization_code", "refresh_token", "client_credentials"})


@dataclass(frozen=True, init=False, repr=False, eq=False)
class TokenSettings:
    """Scopes, grant types and lifetimes.

    For an authorization server, except ``oauth2.scopes``, which a resource server has as well.
    """

    scopes: Mapping[str, str] = setting(
        scope_lines,
        types.MappingProxyType({}),
        "The scopes that clients may request: one 'name = description' per line. Users see the "
        "description on the consent page.",
    )
    default_scopes: frozenset[str] | None = setting(
        words,
        None,
        "The scopes for a request without the parameter scope, limited to the client's own "
        "scope, and the scope of a client that has none. Default: the client's own scope; a client "
        "without one is then granted nothing.",
        names=SCOPES,
        mode=AUTHORIZATION_SERVER,
    )
    grant_types: frozenset[str] | None = setting(
        words,
        None,
        "The grant types that the token endpoint supports. Default: authorization_code "
        "refresh_token client_credentials, as far as they are registered.",
        names=GRANT_TYPES,
        mode=AUTHORIZATION_SERVER,
    )
    response_types: frozenset[str] = setting(
        response_type_words,
        frozenset({"code"}),
        "The response types that the authorization endpoint supports. The response type token is "
        "the implicit grant, which RFC 9700 section 2.1.2 advises against.",
        mode=AUTHORIZATION_SERVER,
    )
    private_schemes: frozenset[str] = setting(
        private_schemes,
        frozenset(),
        "The schemes without a dot that every client's redirect URIs may have, such as cursor and "
        "vscode. Those with a dot, such as com.example.app, need no line here (RFC 8252 section "
        "7.1): they name their owner, while several apps may claim one without a dot.",
        grant_type="authorization_code",
        mode=AUTHORIZATION_SERVER,
    )
    require_pkce: bool = setting(
        boolean,
        True,
        "Whether confidential clients must use PKCE. Public clients always must. A single "
        "confidential client can be exempted at its registration.",
        grant_type="authorization_code",
        mode=AUTHORIZATION_SERVER,
    )
    access_token_lifetime: int = setting(
        lifetime,
        3600,
        "How long an access token lives, such as 3600, 10m or 1h.",
        mode=AUTHORIZATION_SERVER,
    )
    public_access_token_lifetime: int | None = setting(
        lifetime,
        None,
        "How long an access token of a public client lives. Default: oauth2.access_token_lifetime.",
        mode=AUTHORIZATION_SERVER,
    )
    authorization_code_lifetime: int = setting(
        code_lifetime,
        60,
        "How long an authorization code may be redeemed; at most 10m.",
        grant_type="authorization_code",
        mode=AUTHORIZATION_SERVER,
    )
    authorization_code_grace: int = setting(
        code_grace,
        0,
        "For how many seconds a client that lost the response to an authorization code gets the "
        "same response again; at most 60. For codes with PKCE only, with the same code_verifier, "
        "and until the new refresh token was used. 0, as RFC 6749 section 4.1.2 requires it, "
        "never repeats a response: a second use of a code revokes the grant.",
        grant_type="authorization_code",
        mode=AUTHORIZATION_SERVER,
    )
    refresh_token_lifetime: int = setting(
        lifetime,
        30 * 86400,
        "How long a refresh token lives after it was issued.",
        grant_type="refresh_token",
        mode=AUTHORIZATION_SERVER,
    )
    refresh_token_grace: int = setting(
        seconds,
        30,
        "For how many seconds a client that lost the response to a refresh gets the same response "
        "again. After that time, or once the new refresh token was used, using the old one "
        "revokes the grant. 0 never repeats a response.",
        grant_type="refresh_token",
        mode=AUTHORIZATION_SERVER,
    )
    refresh_needs_offline_access: bool = setting(
        boolean,
        False,
        "Whether a client gets a refresh token only with the scope offline_access, which the user "
        "has allowed (OpenID Connect Core section 11), beside its grant type refresh_token. For a "
        "client with consent = skip, the operator has allowed it.",
        grant_type="refresh_token",
        mode=AUTHORIZATION_SERVER,
    )
    grant_lifetime: int = setting(
        lifetime,
        365 * 86400,
        "The maximum lifetime of a grant, regardless of refreshes.",
        for_users=True,
        mode=AUTHORIZATION_SERVER,
    )
    single_access_token: bool = setting(
        boolean,
        False,
        "Whether a new access token of a user for a client and scope revokes the earlier ones.",
        for_users=True,
        mode=AUTHORIZATION_SERVER,
    )
    interaction_lifetime: int = setting(
        lifetime,
        600,
        "How long a user may take to sign in and decide.",
        grant_type="authorization_code",
        mode=AUTHORIZATION_SERVER,
    )
    consent_lifetime: int = setting(
        lifetime,
        365 * 86400,
        "How long remembered consent is valid after it was given.",
        grant_type="authorization_code",
        mode=AUTHORIZATION_SERVER,
    )

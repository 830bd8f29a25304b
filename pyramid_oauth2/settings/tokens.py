"""What may be asked for, and how long it lives."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import dataclass

from .declaration import setting
from .types import (
    boolean,
    code_lifetime,
    lifetime,
    response_type_words,
    scope_lines,
    seconds,
    words,
)


@dataclass(frozen=True)
class TokenSettings:
    """What may be asked for, and how long it lives.

    For an authorization server, but for ``oauth2.scopes``: a resource server knows them as well.
    """

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
    grant_lifetime: int = setting(
        lifetime,
        365 * 86400,
        "How long what a user allowed may last at most, whatever is refreshed meanwhile.",
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

"""The profile ``mcp``: the authorization server of an MCP server.

The rules are those of the authorization specification of the Model Context Protocol
(2026-07-28) and of OAuth 2.1 (draft-ietf-oauth-v2-1-13), which it demands, as far as a setting
could be weaker. What both demand and no setting can weaken needs no line here: the rotation of
refresh tokens, PKCE for public clients, exact redirect URIs, ``iss`` in responses, https.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any

from ...known_clients import KnownClient, known_clients
from ..profile import Default, Profile, Rule, Values

CODE_FLOW = frozenset({"authorization_code", "refresh_token"})
SECURITY = "MCP authorization, security considerations"
REGISTRATION = "MCP authorization, client registration"


def mcp(known: Mapping[str, KnownClient] | None = None) -> Profile:
    """The profile.

    :param known: the known clients by their names; None for all.
    """
    clients = known_clients() if known is None else known
    schemes = frozenset(scheme for each in clients.values() for scheme in each.private_schemes)
    return Profile(
        "mcp",
        defaults=_defaults(schemes),
        rules=_rules(schemes),
        clients={name: each.client_id for name, each in clients.items() if each.client_id},
    )


def _defaults(schemes: frozenset[str]) -> tuple[Default, ...]:
    return (
        Default("client_id_metadata", "pinned", "clients with a document that you have pinned"),
        Default("client_id_metadata.scopes", "*", "users are asked about each scope"),
        Default("registration", "open", "other clients register themselves"),
        Default("private_schemes", schemes, "of the known clients, and no others"),
    )


def _rules(schemes: frozenset[str]) -> tuple[Rule, ...]:
    return (
        Rule(
            "client_id_metadata",
            _is_one_of("off", "pinned"),
            "a client with a document is one that you have checked",
            f"{SECURITY}, trust policies",
            "Leave it out, and pin the document of each client: poauth2 INI client pin NAME.",
        ),
        Rule(
            "private_schemes",
            partial(_has_only, schemes),
            f"only {', '.join(sorted(schemes))} are schemes of known clients, and any app can "
            "claim another one",
            f"{SECURITY}, communication security; RFC 8252 section 7.1",
            "Leave the others out, and register their client: poauth2 INI client add "
            "--private-scheme SCHEME.",
        ),
        Rule(
            "registration.grant_types",
            _asks_users,
            "a client that registers itself gets nothing without a user",
            f"{REGISTRATION}; OAuth 2.1 section 4.2",
            "Leave it out, or set oauth2.registration = token.",
        ),
        Rule(
            "grant_types",
            _has_code_without_password,
            "users sign in by the code flow, and no client sees their password",
            "OAuth 2.1 section 4.1; RFC 9700 section 2.4",
            "Name authorization_code, and leave out password; or leave the setting out.",
        ),
        Rule(
            "response_types",
            _is_code_without_token,
            "no access token is in a URL",
            "OAuth 2.1 section 10.1; RFC 9700 section 2.1.2",
            "Leave it out.",
        ),
        Rule(
            "require_pkce",
            _is_one_of(True),
            "every client uses PKCE",
            f"{SECURITY}, authorization code protection; OAuth 2.1 section 7.5",
            "Leave it out. One client can be exempted: poauth2 INI client edit CLIENT_ID "
            "--no-pkce.",
        ),
        Rule(
            "authorization_code_grace",
            _is_one_of(0),
            "an authorization code is redeemed once",
            "OAuth 2.1 section 4.1.3",
            "Leave it out.",
        ),
    )


def _is_one_of(*allowed: Any) -> Callable[[Any, Values], bool]:
    return lambda value, values: value in allowed


def _has_only(known: frozenset[str], value: Collection[str], values: Values) -> bool:
    return known.issuperset(value)


def _asks_users(value: Collection[str], values: Values) -> bool:
    # An operator decides who gets an initial access token, and for which grant types.
    return values.get("registration") in (None, "token") or CODE_FLOW.issuperset(value)


def _has_code_without_password(value: Collection[str] | None, values: Values) -> bool:
    return value is None or ("authorization_code" in value and "password" not in value)


def _is_code_without_token(value: Collection[str], values: Values) -> bool:
    return "code" in value and "token" not in value

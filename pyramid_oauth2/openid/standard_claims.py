"""The standard claims about a user, and their types (OpenID Connect Core sections 5.1 and 5.4)."""

from __future__ import annotations

from collections.abc import Collection, Mapping

SCOPES: Mapping[str, tuple[str, ...]] = {
    "profile": (
        *("name", "family_name", "given_name", "middle_name", "nickname", "preferred_username"),
        *("profile", "picture", "website", "gender", "birthdate", "zoneinfo", "locale"),
        "updated_at",
    ),
    "email": ("email", "email_verified"),
    "address": ("address",),
    "phone": ("phone_number", "phone_number_verified"),
}
"""The claims that each scope asks for."""

STANDARD = tuple(name for names in SCOPES.values() for name in names)
"""Every standard claim but ``sub``."""

BOOLEANS = frozenset({"email_verified", "phone_number_verified"})
NUMBERS = frozenset({"updated_at"})
OBJECTS = frozenset({"address"})
TEXTS = frozenset(STANDARD) - BOOLEANS - NUMBERS - OBJECTS

PROTOCOL = frozenset(
    {
        *("iss", "sub", "aud", "exp", "nbf", "iat", "jti", "typ"),
        *("auth_time", "nonce", "acr", "amr", "azp", "at_hash", "c_hash", "s_hash", "sid"),
        *("act", "may_act", "authorization_details", "client_id", "cnf", "events", "scope"),
    }
)
"""The claims that the server itself makes, or leaves out: no application says them."""


def base_of(name: str) -> str:
    """The claim that is meant, of one in a certain language, as ``name#de`` (Core section 5.2)."""
    return name.partition("#")[0]


def names_of(scope: Collection[str]) -> frozenset[str]:
    """The claims that a scope asks for."""
    return frozenset(name for each in scope for name in SCOPES.get(each, ()))

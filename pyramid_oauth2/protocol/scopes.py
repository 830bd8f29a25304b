"""Scope: parsing, formatting, and what a request is granted (RFC 6749 section 3.3)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from zope.interface import implementer

from ..interfaces.application import IScope
from .errors import InvalidScope
from .masking import shown
from .messages import message as _
from .records import Client
from .refusal import Refusal

# scope-token = 1*( %x21 / %x23-5B / %x5D-7E )
SCOPE_TOKEN = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")

OFFLINE_ACCESS = "offline_access"
"""The scope for access while the user is not there (OpenID Connect Core section 11)."""

OFFLINE_DESCRIPTION = _("Do this also while you are not using the application")
OFFLINE = frozenset({OFFLINE_ACCESS})

OF_NO_API = frozenset({"openid", "profile", "email", "address", "phone", OFFLINE_ACCESS})
"""The scopes for the server itself (OpenID Connect Core sections 3.1.2.1, 5.4 and 11)."""

CLIENT_REGISTRATION = "client_registration"
"""The scope by which a client may register others in its user's name (RFC 7591 section 3)."""

SYNTAX = Refusal("scope_syntax", "RFC 6749 section 3.3")
DEFAULT = Refusal("scope_default", "RFC 6749 section 3.3", decided_by="oauth2.default_scopes")
KNOWN = Refusal("scope_known", "RFC 6749 section 3.3", decided_by="oauth2.scopes")
OF_CLIENT = Refusal("scope_of_client", "RFC 6749 section 3.3", decided_by="client.scope")


@implementer(IScope)
@dataclass(frozen=True, slots=True)
class KnownScope:
    """A scope that the server knows, and a description of it for the user."""

    name: str
    description: str


# Kept, as most requests name the same: 0.1 instead of 0.9 microseconds. Few, as they may be long.
@lru_cache(maxsize=64)
def parse_scope(value: str) -> frozenset[str]:
    """Return the set of scopes in a space-delimited string.

    :raises InvalidScope: it does not follow the grammar.
    """
    # Split at spaces only: str.split() would also split at tabs and Unicode
    # spaces, which the grammar does not allow.
    names = frozenset(filter(None, value.split(" ")))
    if not all(SCOPE_TOKEN.fullmatch(name) for name in names):
        raise InvalidScope(
            "The scope contains characters that no scope can have.",
            refusal=SYNTAX.comparing(requested=value),
        )
    return names


def format_scope(scope: Iterable[str]) -> str:
    """Return the scopes as one space-delimited string, sorted, since their order has no meaning."""
    return " ".join(sorted(scope))


def named_scope(scope: Iterable[str]) -> str:
    """The scopes as the description of an error names them: of bounded length, no credential.

    :param scope: that :func:`parse_scope` has read: an ``error_description`` may have every
        character of it (RFC 6749 section 5.2).
    """
    return shown(format_scope(scope))


def grant_scope(
    requested: str | None,
    client: Client,
    known: frozenset[str],
    default: frozenset[str] | None,
    offline: bool = False,
) -> frozenset[str]:
    """Return the scope that a request gets.

    It is all that was requested, or an error: a client that gets less without
    noticing is worse off than one that gets an error. Only ``offline_access`` is left out if the
    client may not have it (OpenID Connect Core section 11: the server "MUST ignore" it then):
    clients add it to every request of a server that knows it.

    :param known: every scope of the server.
    :param default: ``oauth2.default_scopes``, None where it is not set.
    :param offline: whether the client may have ``offline_access`` beside its scopes.
    :raises InvalidScope: the scope is malformed, unknown, not the client's, or
        empty.
    """
    # A client registered without a scope is limited to the default scopes.
    allowed = (client.scope or default or frozenset()) & known
    asked = parse_scope(requested or "")
    added = OFFLINE & asked if offline else frozenset()
    names = asked if allowed >= OFFLINE else asked - OFFLINE
    if not names:
        # RFC 6749 section 3.3: "the authorization server MUST either process
        # the request using a pre-defined default value or fail the request".
        names = allowed if default is None else allowed & default
        if not names:
            raise InvalidScope(
                "No scope was requested, and this client has no default scope.",
                refusal=DEFAULT.comparing(default=default, allowed=allowed),
            )
    # Only the scopes that are in the way: of a long list a log line has the beginning.
    if unknown := names - known:
        raise InvalidScope(
            f"The server does not know this scope: {named_scope(unknown)}.",
            refusal=KNOWN.comparing(unknown=unknown, known=known),
        )
    if excess := names - allowed:
        raise InvalidScope(
            f"This client may not have this scope: {named_scope(excess)}.",
            refusal=OF_CLIENT.comparing(excess=excess, allowed=allowed),
        )
    return names | added

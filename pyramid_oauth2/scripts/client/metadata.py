"""A client's metadata as flags, the same for registering and for editing."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ...protocol.clients.rules import CONSENTS
from ...settings.types import BadValue, lifetime


def words(values: Iterable[str]) -> tuple[str, ...]:
    """Words of a repeatable flag, whose value may also hold several words."""
    return tuple(dict.fromkeys(word for value in values for word in value.split()))


def _scopes(values: Iterable[str]) -> frozenset[str]:
    return frozenset(words(values))


def _lifetimes(seconds: int) -> Mapping[str, int]:
    return {"access_token": seconds}


def duration(text: str) -> int:
    """The seconds of a flag such as ``600``, ``10m`` or ``1h``."""
    try:
        return lifetime(text)
    except BadValue as error:
        raise argparse.ArgumentTypeError(str(error)) from None


# By the field of a client: its flag, the options for argparse, and the function that
# converts the flag's value to the field's.
REPEATED: dict[str, Any] = {"action": "append"}
SWITCH: dict[str, Any] = {"action": argparse.BooleanOptionalAction}
FLAGS: dict[str, tuple[str, dict[str, Any], Callable[[Any], Any]]] = {
    "client_name": ("--name", {"help": "its name, as users read it"}, str),
    "redirect_uris": (
        "--redirect-uri",
        {**REPEATED, "metavar": "URI", "help": "where its users are sent back to; repeatable"},
        tuple,
    ),
    "grant_types": (
        "--grant-type",
        {**REPEATED, "metavar": "TYPE", "help": "repeatable; default: authorization_code"},
        words,
    ),
    "scope": (
        "--scope",
        {**REPEATED, "help": "what it may have at most; repeatable"},
        _scopes,
    ),
    "token_endpoint_auth_method": (
        "--auth-method",
        {
            "metavar": "METHOD",
            "help": "client_secret_basic (default), client_secret_post, or none: a public client",
        },
        str,
    ),
    "consent": ("--consent", {"choices": CONSENTS, "help": "whether users are asked again"}, str),
    "resource_server": (
        "--resource-server",
        {**SWITCH, "help": "whether it may introspect the tokens of others"},
        bool,
    ),
    "response_types": (
        "--response-type",
        {**REPEATED, "metavar": "TYPE", "help": "code (default) or token; repeatable"},
        words,
    ),
    "optional_scope": (
        "--optional-scope",
        {**REPEATED, "help": "a scope that users may untick; repeatable"},
        _scopes,
    ),
    "allowed_origins": (
        "--allowed-origin",
        {
            **REPEATED,
            "metavar": "ORIGIN",
            "help": "an origin whose pages may read the answers; repeatable",
        },
        tuple,
    ),
    "require_pkce": (
        "--pkce",
        {**SWITCH, "help": "whether it must use PKCE (default); --no-pkce for one that cannot"},
        bool,
    ),
    "lifetimes": (
        "--access-token-lifetime",
        {
            "type": duration,
            "metavar": "TIME",
            "help": "of this client's access tokens, such as 600, 10m or 1h",
        },
        _lifetimes,
    ),
    "owner": (
        "--owner",
        {"metavar": "SUBJECT", "help": "the user that it belongs to, as grants name them"},
        str,
    ),
    "client_uri": ("--client-uri", {"metavar": "URI", "help": "its home page"}, str),
    "logo_uri": ("--logo-uri", {"metavar": "URI", "help": "its logo, shown to users"}, str),
    "tos_uri": ("--tos-uri", {"metavar": "URI", "help": "its terms of service"}, str),
    "policy_uri": ("--policy-uri", {"metavar": "URI", "help": "its privacy policy"}, str),
    "contacts": (
        "--contact",
        {**REPEATED, "metavar": "CONTACT", "help": "whom to ask about it; repeatable"},
        tuple,
    ),
}
OTHER_FLAGS = {
    "client_id": "--client-id",
    "client_secret": "--secret-stdin",
    "overlap": "--overlap",
}


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add a flag for each field."""
    for field, (flag, options, _) in FLAGS.items():
        parser.add_argument(flag, dest=field, default=None, **options)


def metadata_of(arguments: argparse.Namespace) -> dict[str, Any]:
    """The fields whose flags were given."""
    return {
        field: read(getattr(arguments, field))
        for field, (_, _, read) in FLAGS.items()
        if getattr(arguments, field) is not None
    }


def print_problems(problems: Mapping[str, str], what: str) -> None:
    """Print what is wrong, by flag."""
    print(f"poauth2: {what}:", file=sys.stderr)
    for field, text in problems.items():
        flag = FLAGS[field][0] if field in FLAGS else OTHER_FLAGS.get(field, field)
        print(f"  {flag}: {text}", file=sys.stderr)

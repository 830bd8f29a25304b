"""Parse the ini into :class:`~pyramid_oauth2.settings.Settings`; report all mistakes together.

Each message says how to correct the mistake: what to write instead, or the nearest known key.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from . import Settings, setting_fields
from .feature import full_key
from .profiles import with_profile
from .types import RESOURCE_SERVER
from .validation import missing_for_introspection
from .values import below_prefix, parse_values


def parse_settings(raw: Mapping[str, Any]) -> tuple[Settings, list[str]]:
    """Parse the keys that begin with ``oauth2.``.

    :return: the settings, with those of the profile and defaults where the ini has none or is
        wrong, and one message per mistake. Unknown keys are left to :func:`unknown_keys`, since
        an extension may still declare them.
    """
    ours = with_profile(below_prefix(raw))
    values, mistakes = parse_values(setting_fields(), ours)
    values["sections"] = _sections(ours)
    settings = Settings(**values)
    return settings, mistakes + list(_contradictions(settings))


def unknown_keys(
    raw: Mapping[str, Any], prefixes: Mapping[str, Collection[str] | None]
) -> list[str]:
    """One message for each undeclared ``oauth2.*`` key, with the nearest known key.

    :param prefixes: the keys that extensions declared, by prefix, an empty one for the
        prefix itself; None for a prefix that accepts every key.
    """
    known = set(setting_fields())
    for prefix, keys in prefixes.items():
        known.update(full_key(prefix, key) for key in keys or ())
    mistakes = []
    for key in sorted(below_prefix(raw)):
        prefix, dot, rest = key.partition(".")
        passes = bool(dot and rest) and prefix in prefixes and prefixes[prefix] is None
        if key not in known and not passes:
            mistakes.append(f"oauth2.{key} is not a setting.{_nearest(key, known, prefixes)}")
    return mistakes


def _nearest(key: str, known: set[str], prefixes: Collection[str]) -> str:
    prefix, dot, rest = key.partition(".")
    # Check for a misspelt prefix first: no whole key is near to "sqlachemy.url".
    near = difflib.get_close_matches(prefix, prefixes, 1) if dot and prefix not in prefixes else []
    if near:
        return f" Did you mean oauth2.{near[0]}.{rest}?"
    near = difflib.get_close_matches(key, known, 1)
    return f" Did you mean oauth2.{near[0]}?" if near else ""


def _sections(ours: Mapping[str, Any]) -> Mapping[str, Mapping[str, str]]:
    sections: dict[str, dict[str, str]] = {}
    for key, value in ours.items():
        prefix, dot, rest = key.partition(".")
        if dot and key not in setting_fields():
            sections.setdefault(prefix, {})[rest] = value
    return sections


def _contradictions(settings: Settings) -> Iterator[str]:
    if settings.enforce_https is False and settings.issuer and settings.issuer.startswith("https:"):
        yield (
            "oauth2.enforce_https = false with an https issuer would let tokens travel in clear. "
            "Leave it out; behind a proxy that ends TLS, let the WSGI server trust the proxy."
        )
    if settings.enforce_https and (settings.issuer or "").startswith("http:"):
        yield "oauth2.enforce_https = true contradicts the http issuer."
    if settings.mode != RESOURCE_SERVER and (settings.issuer or "").endswith("/"):
        # Clients append well-known paths to it and compare it as a string. That of another server
        # may have the slash, and is then compared with it.
        yield "oauth2.issuer: leave out the slash at its end."
    # A resource server has no endpoint of its own, and http is allowed for loopback hosts only.
    issues = settings.mode != RESOURCE_SERVER
    if issues and settings.https_required and (settings.base_url or "https:").startswith("http:"):
        yield "oauth2.base_url is http, but the issuer is https: tokens must not travel in clear."
    if settings.mode == RESOURCE_SERVER and settings.base_url is None:
        yield (
            "oauth2.base_url is missing. A resource server does not stand at the issuer: write the "
            "public URL of this application, such as https://api.example.com."
        )
    if settings.mode == RESOURCE_SERVER:
        yield from missing_for_introspection(settings)
    if settings.refresh_token_grace > settings.refresh_token_lifetime:
        yield "oauth2.refresh_token_grace is longer than oauth2.refresh_token_lifetime."
    if settings.introspection_url and settings.mode != RESOURCE_SERVER:
        yield (
            "oauth2.introspection.url is for a resource server: write oauth2.mode = "
            "resource_server, or leave it out."
        )
    for key in ("admin", "self_service"):
        if getattr(settings, key) and settings.mode == RESOURCE_SERVER:
            yield (
                f"oauth2.{key} is for an authorization server: a resource server has no clients. "
                "Leave it out."
            )
    if settings.admin and not settings.admin_principals:
        yield (
            "oauth2.admin = true, but oauth2.admin_principals is empty: write "
            "principals of your policy, such as group:admin, or a userid."
        )
    if settings.access_token_lifetime > settings.grant_lifetime:
        yield "oauth2.access_token_lifetime is longer than oauth2.grant_lifetime."

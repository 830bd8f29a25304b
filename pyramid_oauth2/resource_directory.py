"""The protected resources of an authorization server, from its settings and its registry."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from .interfaces import IProtectedResource
from .protocol.resources import (
    ProtectedResource,
    Resources,
    as_requested,
    canonical,
    has_other_spellings,
    is_at_or_below,
)
from .protocol.scopes import format_scope
from .settings import Settings
from .startup_error import StartupError


def named_resources(registry: Any) -> dict[str, ProtectedResource]:
    """The APIs that were added by name, by their canonical spelling."""
    return dict(sorted(registry.getUtilitiesFor(IProtectedResource)))


def make_resources(
    registry: Any, settings: Settings, scopes: Collection[str], formats: Collection[str]
) -> Resources:
    """The protected resources of the server.

    :param scopes: the names of those that are known.
    :param formats: the names of the formats of access tokens.
    :raises StartupError: an API has a scope or a format that is not registered, or is missing.
    """
    known = named_resources(registry)
    default = settings.default_resource and canonical(settings.default_resource)
    if found := [*_errors(known, settings.public_url, default, scopes, formats)]:
        raise StartupError("\n".join(found))
    return Resources(
        _area(settings, known), settings.public_url, known, default, settings.trust_virtual_root
    )


def _area(settings: Settings, known: Collection[str]) -> str:
    """The URL of everything that has no name: not one of an API, which would be the same then."""
    area = canonical(settings.area)
    named = any(is_at_or_below(area, each) for each in known)
    return settings.public_url if named else settings.area


def _errors(
    known: Mapping[str, ProtectedResource],
    public_url: str,
    default: str | None,
    scopes: Collection[str],
    formats: Collection[str],
) -> Iterator[str]:
    for name, resource in known.items():
        # A request would not be seen to be for it, and tokens for everything else accepted.
        here = (
            f"The API {resource.uri} is in this application (oauth2.base_url, or the issuer), and "
        )
        inside = is_at_or_below(name, canonical(public_url))
        if inside and name != (usual := as_requested(name)):
            yield f"{here}no request has this URL: write {usual}."
        elif inside and has_other_spellings(name):
            yield f"{here}its views are found at another URL: write it without //, ., .. and @@."
        if unknown := (resource.scopes or frozenset()) - frozenset(scopes):
            yield (
                f"The API {resource.uri} has unknown scopes: {format_scope(unknown)}. Add them to "
                "oauth2.scopes, or with config.add_oauth2_scope(name, description)."
            )
        if resource.token_format not in (None, *formats):
            yield (
                f"The token_format of {resource.uri} is {resource.token_format!r}; there are: "
                f"{', '.join(sorted(formats))}."
            )
    if default is not None and default not in known:
        yield (
            f"oauth2.default_resource is {default}, which is none of oauth2.resources: add it "
            "there."
        )

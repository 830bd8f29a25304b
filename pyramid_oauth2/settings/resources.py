"""The settings of APIs that clients name in the parameter ``resource`` (RFC 8707)."""

from __future__ import annotations

import re
import types
from collections.abc import Mapping
from dataclasses import dataclass

from ..protocol.resources import canonical, uri_problem
from ..protocol.scopes import parse_scope
from .declaration import setting
from .types import AUTHORIZATION_SERVER, BadValue, boolean

# A URL may have a "=" in its query, so there are spaces around this one.
SEPARATOR = re.compile(r"\s=(?:\s|$)")


def resource_lines(value: str | Mapping[str, str]) -> Mapping[str, frozenset[str] | None]:
    """``URL = scopes``, one per line; without ``=``, an API that has every scope."""
    if isinstance(value, str):
        lines = (SEPARATOR.split(line, maxsplit=1) for line in value.splitlines() if line.strip())
        pairs = [(uri, scopes[0] if scopes else None) for uri, *scopes in lines]
    elif isinstance(value, Mapping):
        pairs = list(value.items())
    else:
        raise BadValue("write one 'URL = scopes' a line, or pass a dict")
    resources = {}
    for uri, scopes in pairs:
        resources[resource_uri(uri)] = None if scopes is None else _scope(uri, scopes)
    if len({canonical(uri) for uri in resources}) != len(pairs):
        raise BadValue("a resource is named twice")
    return types.MappingProxyType(resources)


def _scope(uri: str, scopes: str) -> frozenset[str]:
    names = parse_scope(scopes)
    if not names:
        raise BadValue(f"name the scopes of {uri}, or leave the '=' out: then it has all")
    return names


def resource_uri(value: str) -> str:
    """The identifier of an API: an absolute URI without a fragment."""
    text = str(value).strip()
    if (problem := uri_problem(text)) is not None:
        raise BadValue(f"{text!r} cannot name an API: {problem}")
    return text


@dataclass(frozen=True)
class ResourceSettings:
    """APIs.

    Only for an application that issues tokens for several, each with tokens of its own.
    """

    resources: Mapping[str, frozenset[str] | None] = setting(
        resource_lines,
        types.MappingProxyType({}),
        "The APIs that clients name in the parameter resource (RFC 8707): one 'URL = scopes' per "
        "line, or a URL alone for an API with every scope. A token for one of them is refused by "
        "all others. Views at or below the URL belong to it; an API elsewhere has "
        "oauth2.resource. Default: none, and the application is one API.",
        mode=AUTHORIZATION_SERVER,
    )
    default_resource: str | None = setting(
        resource_uri,
        None,
        "The one of oauth2.resources that tokens are for if a client names none. Default: "
        "everything in this application that is not one of oauth2.resources.",
        mode=AUTHORIZATION_SERVER,
    )
    trust_virtual_root: bool = setting(
        boolean,
        False,
        "Whether a proxy in front of the application sets or removes the header X-Vhm-Root in "
        "every request. By this header of Pyramid a request chooses its view, with traversal: so "
        "no token is accepted with it in an application with one of oauth2.resources.",
        mode=AUTHORIZATION_SERVER,
    )

"""The protected resources of the application: their URLs, scopes and metadata (RFC 9728).

A resource is an API that was added by name, with everything at or below its URL; or a path of
``oauth2.resource_paths`` with all paths below it; or else the path of a view that declares
``oauth2_scope``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from pyramid.interfaces import IRoutesMapper

from ..interfaces import ISettings
from ..interfaces.request import PyramidRequest
from ..protocol.resources import (
    PATH_CHARACTERS,
    ProtectedResource,
    as_requested,
    canonical,
    is_at_or_below,
    longest_match,
)
from ..protocol.scopes import OFFLINE
from ..resource_directory import named_resources
from ..settings.types import RESOURCE_SERVER

WELL_KNOWN = "/.well-known/oauth-protected-resource"


def path_of(request: PyramidRequest) -> str:
    """The request's path within the application; empty if it is not valid UTF-8."""
    try:
        return str(request.environ.get("PATH_INFO", "")).encode("latin-1").decode()
    except UnicodeDecodeError:
        return ""


def resource_url(registry: Any, path: str) -> str:
    """The URL by which clients call the resource: from the settings, never from the request."""
    public_url = registry.getUtility(ISettings).public_url
    return str(public_url + quote(path, safe=PATH_CHARACTERS))


def metadata_url(request: PyramidRequest) -> str:
    """The URL of the metadata of the request's resource (RFC 9728 section 3.1).

    The well-known path is inserted between the host and the resource's path.
    """
    registry, path = request.registry, path_of(request)
    named = _named_above(registry, path)
    parts = urlsplit(named.uri if named else resource_url(registry, _path_above(registry, path)))
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme}://{parts.netloc}{WELL_KNOWN}{parts.path.rstrip('/')}{query}"


def metadata_of(registry: Any, path: str, query: str) -> Mapping[str, Any] | None:
    """The metadata of the resource whose path follows the well-known path; None if there is none.

    RFC 9728 section 3.3: ``resource`` is the URL of the resource, character by character, as
    clients know it. Only the scopes that this resource has are listed.

    :param path: on the host of the application.
    """
    settings = registry.getUtility(ISettings)
    host = urlsplit(settings.public_url)._replace(path="").geturl()
    url = host + quote(path, safe=PATH_CHARACTERS) + (f"?{query}" if query else "")
    own = _own_resources(registry)
    if (named := own.get(canonical(url))) is not None:
        return _metadata_of_named(registry, named)
    mount = unquote(urlsplit(settings.public_url).path)
    # Compare whole segments: /apple is not below /app.
    within = path[len(mount) :] if f"{path}/".startswith(f"{mount}/") else None
    if within is not None and (scopes := _scopes_of(registry, within or "/")) is not None:
        return _metadata(registry, resource_url(registry, within), scopes)
    if path.strip("/"):
        return None
    # Many clients look at the root alone. If there is one API, it can only be meant.
    if len(own) == 1:
        return _metadata_of_named(registry, next(iter(own.values())))
    if not own and len(settings.resource_paths) == 1:
        (only,) = settings.resource_paths
        scopes = _scopes_of(registry, only) or frozenset()
        return _metadata(registry, resource_url(registry, only), scopes)
    return None


def _metadata_of_named(registry: Any, named: ProtectedResource) -> Mapping[str, Any]:
    scopes = named.scopes
    if scopes is None:
        settings = registry.getUtility(ISettings)
        whole = settings.mode == RESOURCE_SERVER
        # By the spelling that is compared: the operator's own may have the default port.
        below = canonical(named.uri)[len(canonical(settings.public_url)) :]
        path = "" if whole else unquote(below)
        scopes = frozenset().union(*_scopes_at(registry, path, below=True))
    members = _metadata(registry, named.uri, scopes)
    return {**members, "resource_name": named.name} if named.name else members


def _metadata(registry: Any, url: str, scopes: frozenset[str]) -> Mapping[str, Any]:
    members: dict[str, Any] = {
        "resource": url,
        "authorization_servers": [registry.getUtility(ISettings).issuer],
        "bearer_methods_supported": ["header"],
    }
    # A client that asks for all that a resource needs would ask for this as well, and whether it
    # needs it is for the client to say.
    if scopes := scopes - OFFLINE:
        members["scopes_supported"] = sorted(scopes)
    return members


def _own_resources(registry: Any) -> Mapping[str, ProtectedResource]:
    """The APIs with a name that are in this application, by their canonical spelling."""
    settings = registry.getUtility(ISettings)
    if settings.mode == RESOURCE_SERVER:
        own = settings.resource
        # Of one that has its name from another host, the metadata cannot be here.
        is_here = own and _host_of(own) == _host_of(settings.public_url)
        # As requests have it, whichever needless escapes its operator writes.
        return {as_requested(canonical(own)): ProtectedResource(own)} if is_here else {}
    application = canonical(settings.public_url)
    known = named_resources(registry)
    return {name: each for name, each in known.items() if is_at_or_below(name, application)}


def _host_of(url: str) -> tuple[str, str]:
    parts = urlsplit(canonical(url))
    return parts.scheme, parts.netloc


def _named_above(registry: Any, path: str) -> ProtectedResource | None:
    """The API with a name to which a path belongs; None if it belongs to none."""
    own = _own_resources(registry)
    if registry.getUtility(ISettings).mode == RESOURCE_SERVER:
        # The whole application is this API.
        return next(iter(own.values()), None)
    above = longest_match(canonical(resource_url(registry, path)), own)
    return None if above is None else own[above]


def _path_above(registry: Any, path: str) -> str:
    """The path of the resource without a name to which a path belongs."""
    settings = registry.getUtility(ISettings)
    below = [prefix for prefix in settings.resource_paths if f"{path}/".startswith(f"{prefix}/")]
    return max(below, key=len, default=path)


def _scopes_of(registry: Any, path: str) -> frozenset[str] | None:
    """The scopes that the views of a resource require; None if there is no such resource."""
    if _named_above(registry, path) is not None:
        return None
    below = path in registry.getUtility(ISettings).resource_paths
    found = _scopes_at(registry, path, below)
    return frozenset().union(*found) if found or below else None


def _scopes_at(registry: Any, path: str, below: bool) -> list[frozenset[str]]:
    """The scopes of each view at a path, or also below it."""
    return [scope for pattern, scope in _declarations(registry) if pattern.fits(path, below)]


class _ViewLocation:
    """The location of a view: a route, or anywhere in the resource tree."""

    def __init__(self, route: Any) -> None:
        self._route = route

    def fits(self, path: str, below: bool) -> bool:
        if self._route is None:
            return True
        if below:
            return f"/{self._route.pattern.lstrip('/')}/".startswith(f"{path}/")
        return self._route.match(path) is not None


def _declarations(registry: Any) -> list[tuple[_ViewLocation, frozenset[str]]]:
    mapper = registry.getUtility(IRoutesMapper)
    declared = []
    for item in registry.introspector.get_category("views", ()):
        view = item["introspectable"]
        scope = view.get("oauth2_scope")
        if scope is not None:
            route = mapper.get_route(view["route_name"]) if view["route_name"] else None
            names = scope.split() if isinstance(scope, str) else scope
            declared.append((_ViewLocation(route), frozenset(names)))
    return declared

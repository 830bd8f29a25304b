"""The protected resources: their URLs, and the scopes that they require (RFC 9728).

A resource is a path of ``oauth2.resource_paths`` with all paths below it, or
else the path of a view that declares ``oauth2_scope``.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlsplit

from pyramid.interfaces import IRoutesMapper

from ..interfaces import ISettings
from ..interfaces.request import PyramidRequest
from ..protocol.scopes import OFFLINE

WELL_KNOWN = "/.well-known/oauth-protected-resource"
# The characters that RFC 3986 allows in a path.
PATH_CHARACTERS = "/~!$&'()*+,;=:@"


def resource_path(request: PyramidRequest) -> str:
    """The path of the resource that a request belongs to."""
    path = path_of(request)
    settings = request.registry.getUtility(ISettings)
    below = [prefix for prefix in settings.resource_paths if f"{path}/".startswith(f"{prefix}/")]
    return max(below, key=len, default=path)


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
    parts = urlsplit(resource_url(request.registry, resource_path(request)))
    path = "" if parts.path == "/" else parts.path
    return f"{parts.scheme}://{parts.netloc}{WELL_KNOWN}{path}"


def scopes_of(registry: Any, path: str) -> frozenset[str] | None:
    """The scopes that the views of a resource require; None if there is no such resource."""
    settings = registry.getUtility(ISettings)
    below = path in settings.resource_paths
    found = [scope for pattern, scope in _declarations(registry) if pattern.fits(path, below)]
    # A client that asks for all that a resource needs would ask for this as well, and whether it
    # needs it is for the client to say.
    return frozenset().union(*found) - OFFLINE if found or below else None


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

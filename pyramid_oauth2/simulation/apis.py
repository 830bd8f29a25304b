"""The APIs of an application: the URLs that people type into an MCP client."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from pyramid.interfaces import IRoutesMapper

from ..interfaces import ISettings
from ..protocol.resources import canonical, is_at_or_below
from ..resource_directory import named_resources
from ..settings import Settings


@dataclass(frozen=True, slots=True)
class API:
    """An API.

    :param url: as a person types it.
    :param is_here: whether its views are in the application that is looked at.
    """

    url: str
    is_here: bool = True


def apis_of(registry: Any) -> tuple[API, ...]:
    """The APIs of an authorization server; without any, its public URL.

    Those with a name (``oauth2.resources``); else the paths of ``oauth2.resource_paths``; else
    the first path at which a view requires a token.
    """
    settings = registry.getUtility(ISettings)
    named = [each.uri for each in named_resources(registry).values()]
    if named:
        return tuple(api_at(registry, uri) for uri in named)
    paths = sorted(settings.resource_paths) or sorted(_paths_of_views(registry))[:1]
    return tuple(API(settings.public_url + path) for path in paths) or (API(settings.public_url),)


def api_at(registry: Any, url: str) -> API:
    """The API that a person names.

    It is in the application also if the scheme is another one: a proxy may end TLS.
    """
    public = canonical(registry.getUtility(ISettings).public_url)
    return API(url, is_at_or_below(_without_scheme(url), _without_scheme(public)))


def resource_line(
    settings: Settings | None, url: str, scopes: Collection[str] | None = None
) -> str:
    """The line of the ini that names an API.

    :param settings: of the server; None if they are not known. There may be other APIs in them,
        each in a line of the same setting.
    :param scopes: of the API; None for all.
    """
    line = f"{url} = {' '.join(sorted(scopes))}" if scopes else url
    is_one_of_several = settings is not None and bool(settings.resources)
    return f"in oauth2.resources: {line}" if is_one_of_several else f"oauth2.resources = {line}"


def _without_scheme(url: str) -> str:
    return canonical(url).partition("://")[2]


def _paths_of_views(registry: Any) -> Iterator[str]:
    """The paths of the views that declare ``oauth2_scope``, where they are fixed."""
    mapper = registry.getUtility(IRoutesMapper)
    for item in registry.introspector.get_category("views", ()):
        view = item["introspectable"]
        if view.get("oauth2_scope") is None or not view["route_name"]:
            continue
        pattern = mapper.get_route(view["route_name"]).pattern
        if not set("{*:") & set(pattern):
            yield "/" + pattern.lstrip("/")

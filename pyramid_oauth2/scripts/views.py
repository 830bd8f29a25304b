"""``poauth2 INI views``: how each view is protected: by permission, by token, by cookie."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from pyramid.interfaces import IRoutesMapper
from pyramid.registry import Registry

from ..protection.cors import is_preflight
from .arguments import json_option
from .command import command
from .ini import Ini
from .table import table

HEADINGS = ("WHERE", "METHODS", "PERMISSION", "SCOPE", "COOKIES", "VIEW")
LEGEND = """\
COOKIES says whether the application's own login counts; at a view with a scope
it does where oauth2_only=False. * marks the endpoints of pyramid_oauth2."""


@dataclass(frozen=True, slots=True)
class ViewEntry:
    """One view, and what it requires of a request.

    ``where`` is a route's pattern, or a context and view name. ``methods`` is
    empty for a view of all methods. ``cookies`` is None for an ``endpoint`` of
    this add-on, which decides itself.
    """

    view: str
    where: str
    route: str | None
    methods: tuple[str, ...]
    permission: str | None
    scope: tuple[str, ...]
    cookies: bool | None
    endpoint: bool


@command()
@json_option("as JSON")
def print_views(ini: Ini, as_json: bool) -> int:
    """Print every view of the application, its own before those of the add-on."""
    with ini.registry() as registry:
        entries = sorted(view_entries(registry), key=lambda entry: (entry.endpoint, entry.where))
    if as_json:
        print(json.dumps([asdict(entry) for entry in entries], indent=2))
        return 0
    print(*table([HEADINGS, *map(_cells, entries)]), sep="\n")
    print(f"\n{LEGEND}")
    return 0


def view_entries(registry: Registry) -> Iterator[ViewEntry]:
    """Every view that the application registered, from Pyramid's introspection."""
    mapper = registry.getUtility(IRoutesMapper)
    for item in registry.introspector.get_category("views", ()):
        view = item["introspectable"]
        name = view["route_name"]
        route = registry.introspector.get("routes", name) if name else None
        methods = _words(view["request_methods"] or (route and route["request_methods"]) or ())
        # The permission in force, which may be the default; not the declared one.
        permission = getattr(view["derived_callable"], "__permission__", None)
        public = is_preflight(_words(view["request_methods"] or ()), permission)
        scope = () if public else view.get("oauth2_scope") or ()
        endpoint = bool(view.get("oauth2_endpoint")) or _is_our_static(view["callable"])
        yield ViewEntry(
            view=_name(view),
            where="/" + mapper.get_route(name).pattern.lstrip("/") if name else _place(view),
            route=name,
            methods=methods,
            permission=permission,
            scope=tuple(sorted(scope.split() if isinstance(scope, str) else scope)),
            cookies=None if endpoint else not scope or not view.get("oauth2_only", True),
            endpoint=endpoint,
        )


def _is_our_static(view: Any) -> bool:
    return getattr(view, "package_name", None) == __name__.partition(".")[0]


def _name(view: Any) -> str:
    function = view["callable"]
    if function is None:  # A template without code.
        return "-"
    # An object with __call__ has no name of its own, but its class has.
    named = function if hasattr(function, "__qualname__") else type(function)
    attribute = f".{view['attr']}" if view["attr"] else ""
    return f"{named.__module__}.{named.__qualname__}{attribute}"


def _place(view: Any) -> str:
    """A view of the resource tree: the class of its context, and its name."""
    context = view["context"]
    name = "any context" if context is None else getattr(context, "__name__", str(context))
    return f"{name} {view['name']}".rstrip()


def _words(methods: str | Iterable[str]) -> tuple[str, ...]:
    return (methods,) if isinstance(methods, str) else tuple(sorted(methods))


def _cells(entry: ViewEntry) -> tuple[str, ...]:
    cookies = {True: "yes", False: "no", None: "*"}[entry.cookies]
    return (
        entry.where,
        " ".join(entry.methods) or "any",
        str(entry.permission or "-"),
        " ".join(entry.scope) or "-",
        cookies,
        entry.view,
    )

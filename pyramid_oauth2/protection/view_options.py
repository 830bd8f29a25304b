"""An option of a view that is misspelt stops the start, with the option that was meant."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from difflib import get_close_matches
from typing import Any

from pyramid.interfaces import PHASE2_CONFIG, IViewDerivers

from ..startup_error import StartupError
from .demands import INTERNAL_OPTIONS, PREFIX

VIEWS = "views"
NEAR = 0.8  # of difflib: oath2_scope is, scope is not


def check_view_options(config: Any, options: Callable[[], Collection[str]]) -> None:
    """Stop the start at a view with an option that begins as ours do, or is near one of them.

    Pyramid stops it too, but later, with a traceback that does not lead to the view, and without
    a hint.

    :param options: returns those that the guard reads.
    """
    declared = _declared_views(config.action_state)

    def check() -> None:
        ours, known = options(), _known_to_pyramid(config)
        for info, view in declared():
            for name, value in view.items():
                if name in known:
                    continue
                if _is_near(name, ours):
                    raise StartupError(_message(name, value, ours), info=info)
                known.add(name)  # Most views have the same: 3 ms of a start.

    # Before the views, and after the directives that declare options.
    config.action("oauth2 view options", check, order=PHASE2_CONFIG + 1)


def _declared_views(state: Any) -> Callable[[], list[tuple[Any, Any]]]:
    """Each view that is declared until the configuration is carried out, with its place.

    Pyramid shows what is declared only when it has been carried out, so this notes it on the way.
    """
    views: list[tuple[Any, Any]] = []
    for action in state.actions:
        views += _views(action["info"], action["introspectables"])
    declare = state.action

    def note(*args: Any, introspectables: Iterable[Any] = (), info: Any = None, **kw: Any) -> None:
        introspectables = list(introspectables)
        views.extend(_views(info, introspectables))
        declare(*args, introspectables=introspectables, info=info, **kw)

    state.action = note

    def declared() -> list[tuple[Any, Any]]:
        state.action = declare
        return views

    return declared


def _views(info: Any, introspectables: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
    return ((info, each) for each in introspectables if each.category_name == VIEWS)


def _known_to_pyramid(config: Any) -> set[str]:
    derivers = config.registry.getUtility(IViewDerivers).values()
    options = (name for each in derivers for name in getattr(each, "options", ()))
    return {*config.get_predlist("view").names(), *options}


def _is_near(name: str, ours: Collection[str]) -> bool:
    return name.startswith(PREFIX) or bool(get_close_matches(name, ours, 1, NEAR))


def _message(name: str, value: Any, ours: Collection[str]) -> str:
    options = [each for each in ours if each not in INTERNAL_OPTIONS]
    near = get_close_matches(name, options, 1)
    hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(sorted(options))}."
    return f"{name}={value!r} is no option of a view. {hint}"

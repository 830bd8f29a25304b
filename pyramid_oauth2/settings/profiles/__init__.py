"""The profiles, by their names; each is made when an ini names it."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from typing import Any

from ..profile import Profile
from ..types import AUTHORIZATION_SERVER, BadValue


def _mcp() -> Profile:
    # Only now: the clients that it knows are in files, which no other ini needs.
    from .mcp import mcp

    return mcp()


PROFILES: Mapping[str, Callable[[], Profile]] = {"mcp": _mcp}


def profile_name(value: str) -> str:
    """The name of a profile: ``mcp``."""
    name = str(value).strip()
    if name not in PROFILES:
        near = difflib.get_close_matches(name, PROFILES, 1)
        hint = f". Did you mean {near[0]}?" if near else ""
        raise BadValue(f"there is no such profile; there are: {', '.join(PROFILES)}{hint}")
    return name


def named_profile(ours: Mapping[str, Any]) -> Profile | None:
    """The profile of an ini; None if it names none, or is that of a resource server.

    :param ours: the settings of the ini by their key without ``oauth2.``.
    """
    mode = str(ours.get("mode") or AUTHORIZATION_SERVER).strip()
    make = PROFILES.get(str(ours.get("profile") or "").strip())
    return make() if make is not None and mode == AUTHORIZATION_SERVER else None


def profile_of(settings: Any) -> Profile | None:
    """The profile of an application; None if it has none.

    :param settings: the :class:`~pyramid_oauth2.settings.Settings`.
    """
    return named_profile({"mode": settings.mode, "profile": settings.profile})


def with_profile(ours: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of an ini, with the defaults of the profile that it names."""
    profile = named_profile(ours)
    return dict(ours) if profile is None else profile.completed(ours)

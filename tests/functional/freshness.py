"""A feature as a stranger would write it: a view demands a new token, and a subject."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pyramid.response import Response
from zope.interface import implementer

from pyramid_oauth2.extension import (
    AccessToken,
    IResourceServer,
    IViewDemand,
    OAuth2Error,
    Settings,
)


class InsufficientUserAuthentication(OAuth2Error):
    """RFC 9470 section 3."""

    code, status = "insufficient_user_authentication", 401


@dataclass(frozen=True)
class Freshness:
    max_age: int
    level: str


@implementer(IViewDemand)
class FreshDemand:
    """``oauth2_max_age``: in seconds; ``oauth2_level``: what to ask for then."""

    options = ("oauth2_max_age", "oauth2_level")

    def __init__(self, server: IResourceServer, settings: Settings) -> None:
        self._server = server

    def parse(self, options: Mapping[str, Any]) -> Freshness | None:
        age = options.get("oauth2_max_age", 0)
        if age == "any":
            return None
        if not isinstance(age, int) or age < 0:
            raise ValueError("write a number of seconds, or any")
        return Freshness(age, options.get("oauth2_level", "silver"))

    def check(self, demand: Freshness, token: AccessToken) -> OAuth2Error | None:
        if token.issued_at + demand.max_age >= self._server.clock():
            return None
        return InsufficientUserAuthentication(
            "Sign in again.",
            headers={"X-Hint": "sign in", "WWW-Authenticate": "Basic"},
            members={
                "max_age": demand.max_age,
                "acr_values": demand.level,
                "details": [1],
                "realm": "evil",
                "error": "none",
            },
        )


@implementer(IViewDemand)
class ActiveDemand:
    """``oauth2_user``: the token is that of an active user."""

    options = ("oauth2_user",)

    def __init__(self, server: IResourceServer, settings: Settings) -> None:
        self._server = server

    def parse(self, options: Mapping[str, Any]) -> bool | None:
        return options["oauth2_user"] or None

    def check(self, demand: bool, token: AccessToken) -> OAuth2Error | None:
        if token.subject is not None and self._server.is_active(token.subject):
            return None
        # Raised or returned: it is the same.
        raise InsufficientUserAuthentication("A user is needed.", status=403)


def whoami(request: Any) -> Response:
    return Response(str(request.authenticated_userid or "anonymous"))


def includeme(config: Any) -> None:
    config.add_oauth2_view_demand("freshness", FreshDemand)
    config.add_oauth2_view_demand("user", ActiveDemand)


def views(config: Any) -> None:
    for name, options in (
        ("fresh", {"oauth2_max_age": 60}),
        ("golden", {"oauth2_max_age": 60, "oauth2_level": 'g"old\\\r\nX: y é'}),
        ("relaxed", {"oauth2_max_age": "any", "oauth2_user": False}),
        ("users", {"oauth2_user": True}),
        ("all", {"oauth2_max_age": 60, "oauth2_user": True}),
        ("cookies", {"oauth2_max_age": 60, "oauth2_only": False, "permission": "edit"}),
        ("forbidden", {"oauth2_max_age": 60, "permission": "nobody has it"}),
    ):
        config.add_route(name, f"/{name}")
        config.add_view(whoami, route_name=name, oauth2_scope="read", **options)

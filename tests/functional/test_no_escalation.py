"""No combination of cookie, header and view options gives more than permission and scope do.

And no combination lets a request act as one user with the rights of another.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyramid.config import Configurator
from webtest import TestApp

from pyramid_oauth2.testing import bearer, memory_backend

from . import host
from .conftest import BASE
from .protections import PROTECTIONS, transactional

PERMISSIONS = ("edit", "view", "delete")
SCOPES = ("", "read", "write", "read write")
CALLERS = (None, "alice", "bob")


@dataclass(frozen=True)
class View:
    """The options of a view, and whether it is below a resource path."""

    permission: str | None
    scope: str
    only: bool
    below: bool

    @property
    def path(self) -> str:
        kind = "only" if self.only else "both"
        words = (self.permission or "none", self.scope.replace(" ", "-") or "none", kind)
        return ("/api/" if self.below else "/app/") + "/".join(words)

    @property
    def options(self) -> dict[str, Any]:
        options: dict[str, Any] = {}
        if self.permission:
            options["permission"] = self.permission
        if self.scope:
            options |= {"oauth2_scope": self.scope, "oauth2_only": self.only}
        return options


VIEWS = [
    View(*values)
    for values in product((None, *PERMISSIONS), SCOPES, (True, False), (True, False))
    # A view without a scope has no oauth2_only, and one that accepts cookies has a permission.
    if (values[1] or values[2]) and (values[2] or values[0])
]


@dataclass(frozen=True)
class Token:
    """A token of ours, or something that only looks like one, with a wrong checksum."""

    user: str | None
    scope: str
    good: bool = True


FOREIGN = ("app-token-of-bob", "app-token-of-nobody")
NO_TOKENS = ("Bearer", "Bearer \x7f")
SCHEMES = ("Bearer ", "bearer ", "BEARER  ")
TOKENS = st.builds(Token, st.sampled_from(CALLERS), st.sampled_from(SCOPES[1:]), st.booleans())
HEADERS = st.one_of(
    st.none(),
    TOKENS,
    st.sampled_from(FOREIGN),
    st.sampled_from((*NO_TOKENS, "Basic Ym9iOmJvYg==", "Digest bob")),
)


def report(request: Any) -> dict[str, Any]:
    """The user that a view sees, and that user's permissions."""
    return {
        "user": request.authenticated_userid,
        "may": [name for name in PERMISSIONS if request.has_permission(name)],
    }


class World:
    """The application, the users' cookies, and every token, created once."""

    def __init__(self, name: str) -> None:
        protection = PROTECTIONS[name]
        ini = {**BASE, **memory_backend(), **protection.settings, "oauth2.resource_paths": "/api"}
        config = Configurator(settings=ini)
        config.include("pyramid_oauth2")
        config.include(host.users)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            protection.configure(config)
            config.add_route("login", "/login")
            config.add_view(host.log_in, route_name="login")
            for view in VIEWS:
                config.add_route(view.path, view.path)
                config.add_view(report, route_name=view.path, renderer="json", **view.options)
            transactional(config)
            self.app = config.make_wsgi_app()
        self.cookies = {None: "", **{user: self._log_in(user) for user in ("alice", "bob")}}
        self.tokens = {
            Token(user, scope): bearer(self.app, user, scope)["Authorization"][7:]
            for user, scope in product(CALLERS, SCOPES[1:])
        }

    def _log_in(self, user: str) -> str:
        browser = TestApp(self.app)
        browser.get(f"/login?user={user}")
        return "; ".join(f"{name}={value}" for name, value in browser.cookies.items())

    def string(self, token: Token) -> str:
        value = self.tokens[Token(token.user, token.scope)]
        return value if token.good else value[:-1] + ("0" if value[-1] != "0" else "1")

    def visit(self, view: View, cookie: str | None, header: Any, scheme: str) -> Any:
        """What the view reported, or None if the request did not reach it."""
        headers = {"Cookie": self.cookies[cookie]} if cookie else {}
        if isinstance(header, Token):
            headers["Authorization"] = scheme + self.string(header)
        elif header is not None:
            headers["Authorization"] = scheme + header if header in FOREIGN else header
        answer = TestApp(self.app).get(view.path, headers=headers, status="*")
        assert answer.status_int < 500
        return answer.json if answer.status_int == 200 else None


def rights_of(user: str | None) -> set[str]:
    """The rights that the application's ACL gives a user: see ``host.Root``."""
    return {"alice": {"edit"}, "bob": {"edit", "delete"}}.get(user or "", set())


def expected(view: View, cookie: str | None, header: Any, scheme: str) -> Any:
    """The expected result according to the documentation, not the code."""
    if header in (*FOREIGN, *NO_TOKENS) and (view.scope or view.below):
        return None  # A view for our tokens accepts no others, and no cookie in their place.
    if not isinstance(header, Token):
        if view.scope and view.only:
            return None
        # The application's own policy accepts one spelling of its own token.
        by_token = header == FOREIGN[0] and scheme == "Bearer "
        user = "bob" if by_token else cookie
        rights = rights_of(user)
    elif not header.good:
        return None
    else:
        user, rights = None, {"view"} if "read" in header.scope.split() else set()
        if view.scope:
            if not set(view.scope.split()) <= set(header.scope.split()):
                return None
            user, rights = header.user, rights | rights_of(header.user)
    if view.permission and view.permission not in rights:
        return None
    return {"user": user, "may": [name for name in PERMISSIONS if name in rights]}


@pytest.fixture(
    scope="module", params=["include", "own policy with the helper", "legacy pair with our own"]
)
def world(request: pytest.FixtureRequest) -> World:
    return World(request.param)


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    view=st.sampled_from(VIEWS),
    cookie=st.sampled_from(CALLERS),
    header=HEADERS,
    scheme=st.sampled_from(SCHEMES),
)
def test_a_request_gets_what_permission_and_scope_give_and_nothing_else(
    world: World, view: View, cookie: str | None, header: Any, scheme: str
):
    assert world.visit(view, cookie, header, scheme) == expected(view, cookie, header, scheme)


def test_the_property_can_fail(world: World, monkeypatch: pytest.MonkeyPatch):
    """The test must notice a world in which a cookie counts beside a token."""
    helper = "pyramid_oauth2.protection.security.BearerTokenHelper"
    monkeypatch.setattr(f"{helper}.is_bearer", lambda self, request: False)
    case = (View(None, "", True, False), "bob", Token("alice", "read"), "Bearer ")
    assert world.visit(*case) != expected(*case)

"""An application older than the add-on: users, a cookie policy, its own API."""

from __future__ import annotations

from typing import Any

from pyramid.authentication import AuthTktCookieHelper
from pyramid.authorization import ACLHelper, Allow, Authenticated, Everyone
from pyramid.httpexceptions import HTTPFound
from pyramid.response import Response
from pyramid.security import remember

from pyramid_oauth2 import Scope

PASSWORDS = {name: f"{name}'s password" for name in ("alice", "bob")}


class Users:
    """The resource owners of the application."""

    def authenticate(self, request: Any, username: str, password: str) -> str | None:
        return username if PASSWORDS.get(username) == password else None


class CookiePolicy:
    """The application's own policy: a cookie, or an API token older than the add-on."""

    def __init__(self) -> None:
        self.cookie = AuthTktCookieHelper("not so secret", hashalg="sha512")
        self.acl = ACLHelper()

    def identity(self, request: Any) -> str | None:
        if request.headers.get("Authorization") == "Bearer app-token-of-bob":
            return "bob"
        return (self.cookie.identify(request) or {}).get("userid")

    def authenticated_userid(self, request: Any) -> str | None:
        return self.identity(request)

    def permits(self, request: Any, context: Any, permission: str) -> Any:
        user = self.identity(request)
        principals = [Everyone] if user is None else [Everyone, Authenticated, user]
        return self.acl.permits(context, principals, permission)

    def remember(self, request: Any, userid: str, **kw: Any) -> Any:
        return self.cookie.remember(request, userid, **kw)

    def forget(self, request: Any, **kw: Any) -> Any:
        return self.cookie.forget(request, **kw)


class Root:
    __acl__ = [
        (Allow, Authenticated, "edit"),
        (Allow, Scope("read"), "view"),
        (Allow, "bob", "delete"),
        (Allow, Everyone, "log in"),
    ]

    def __init__(self, request: Any) -> None:
        pass


def whoami(request: Any) -> Response:
    """An old view that checks the user itself."""
    return Response(str(request.authenticated_userid or "anonymous"))


def log_in(request: Any) -> Response:
    response = Response("welcome")
    response.headerlist.extend(remember(request, request.params["user"]))
    return response


def send_to_login(request: Any) -> HTTPFound:
    """The application's forbidden view."""
    return HTTPFound("/login")


def users(config: Any) -> None:
    """Register the users with the add-on."""
    config.set_oauth2_resource_owners(Users())


def policy(config: Any) -> None:
    """The policy of the original application."""
    config.set_security_policy(CookiePolicy())
    config.set_root_factory(Root)


def views(config: Any) -> None:
    """The original views, and some for tokens."""
    config.add_forbidden_view(send_to_login)
    for name, view, options in (
        ("login", log_in, {"permission": "log in"}),
        ("whoami", whoami, {}),
        ("edit", whoami, {"permission": "edit"}),
        ("view", whoami, {"permission": "view"}),
        ("delete", whoami, {"permission": "delete", "oauth2_scope": "write"}),
        ("read", whoami, {"oauth2_scope": "read"}),
        ("write", whoami, {"oauth2_scope": "write"}),
        ("both", whoami, {"permission": "delete", "oauth2_scope": "read", "oauth2_only": False}),
    ):
        config.add_route(name, f"/{name}")
        config.add_view(view, route_name=name, **options)


def pages(config: Any) -> None:
    """The whole application."""
    policy(config)
    views(config)

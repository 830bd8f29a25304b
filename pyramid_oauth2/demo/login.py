"""The application's own login: a form, a cookie, and a policy that reads the cookie."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from pyramid.authentication import AuthTktCookieHelper
from pyramid.authorization import ACLHelper, Authenticated, Everyone
from pyramid.httpexceptions import HTTPBadRequest, HTTPForbidden, HTTPSeeOther
from pyramid.renderers import render_to_response
from pyramid.request import RequestLocalCache
from pyramid.security import forget, remember

from pyramid_oauth2 import Request, page_headers

from .pages import protected_page
from .users import User, Users


class DemoSecurityPolicy:
    """Authenticates users by cookie. It knows nothing of tokens.

    :param cookie: as :func:`pyramid_oauth2.cookie_options` returns it.
    """

    def __init__(self, users: Users, secret: str, cookie: Mapping[str, Any]) -> None:
        self.users = users
        self._cookie = AuthTktCookieHelper(
            secret,
            cookie_name=cookie["cookie_name"],
            hashalg="sha512",
            secure=cookie["secure"],
            http_only=cookie["httponly"],
            samesite=cookie["samesite"],
            # For this host only; the default also covers all its subdomains.
            wild_domain=False,
        )
        self._identities = RequestLocalCache(self._load_identity)
        self._acl = ACLHelper()

    def _load_identity(self, request: Request) -> User | None:
        ticket = self._cookie.identify(request)
        return self.users.get(ticket["userid"]) if ticket else None

    def identity(self, request: Request) -> User | None:
        """The signed-in user."""
        user: User | None = self._identities.get_or_create(request)
        return user

    def logged_in_at(self, request: Request) -> int | None:
        """When the signed-in user logged in, in UTC seconds."""
        ticket = self._cookie.identify(request)
        return int(ticket["timestamp"]) if ticket else None

    def authenticated_userid(self, request: Request) -> str | None:
        """The signed-in user's name."""
        user = self.identity(request)
        return user.name if user else None

    def permits(self, request: Request, context: Any, permission: str) -> Any:
        """Whether the context's ACL allows it."""
        principals = [Everyone]
        user = self.identity(request)
        if user is not None:
            principals += [Authenticated, user.name, *user.principals]
        return self._acl.permits(context, principals, permission)

    def remember(self, request: Request, userid: str, **kw: Any) -> Any:
        """Headers that sign a user in."""
        self._identities.clear(request)
        return self._cookie.remember(request, userid, **kw)

    def forget(self, request: Request, **kw: Any) -> Any:
        """Headers that sign the user out."""
        self._identities.clear(request)
        return self._cookie.forget(request, **kw)


def show_login(request: Request) -> dict[str, Any]:
    """The login form."""
    target = local_path(_parameter(request, "GET", "next"), _home(request))
    return {"next": target, "username": "", "failed": False}


def log_in(request: Request) -> Any:
    """Check name and password; the page is the same for an unknown user and a wrong password."""
    username = _parameter(request, "POST", "username")
    password = _parameter(request, "POST", "password")
    target = local_path(_parameter(request, "POST", "next"), _home(request))
    if request.registry["demo.users"].authenticate(request, username, password) is None:
        request.response.status = 403
        return {"next": target, "username": username, "failed": True}
    return HTTPSeeOther(_public(request, target), headers=remember(request, username))


def log_out(request: Request) -> Any:
    """Sign the user out."""
    return HTTPSeeOther(_public(request, _home(request)), headers=forget(request))


def send_to_login(refusal: HTTPForbidden, request: Request) -> Any:
    """Send a user who is not signed in to the login; show any other user why they may not.

    Only browsers are redirected: a program that calls the API cannot use a form.
    """
    is_browser = request.method == "GET" and "text/html" in request.headers.get("Accept", "")
    if not is_browser or request.oauth2.is_bearer:
        return refusal
    if request.authenticated_userid:
        page = render_to_response("templates/forbidden.jinja2", {}, request=request)
        page.status = 403
        page.headers.update(page_headers())
        return page
    login = request.route_path("login", _query={"next": request.path_qs})
    return HTTPSeeOther(_public(request, login))


def _parameter(request: Request, method: str, name: str) -> str:
    try:
        return str(getattr(request, method).get(name, ""))
    except UnicodeDecodeError:
        raise HTTPBadRequest("The parameters are not UTF-8.") from None


def _home(request: Request) -> str:
    return f"{request.script_name}/"


def _public(request: Request, path: str) -> str:
    # A relative Location is made absolute from the Host header, which an attacker can set.
    public = urlsplit(request.oauth2.service.settings.issuer)
    return f"{public.scheme}://{public.netloc}{path}"


def includeme(config: Any) -> None:
    """Add the login form, the redirect to it, and the logout."""
    form = {"renderer": "templates/login.jinja2", "decorator": protected_page}
    config.add_route("login", "/login")
    config.add_view(show_login, route_name="login", request_method="GET", **form)
    config.add_view(log_in, route_name="login", request_method="POST", **form)
    config.add_forbidden_view(send_to_login)
    config.add_route("logout", "/logout")
    config.add_view(log_out, route_name="logout", request_method="POST")


def local_path(target: str, home: str) -> str:
    """*target* if it is a path on this server, else the home page.

    For a browser, ``//host`` and ``/\\host`` are other servers, and it removes tabs
    and newlines before it parses.
    """
    if target.isprintable() and target.startswith("/"):
        return target if target[1:2] not in ("/", "\\") else home
    return home

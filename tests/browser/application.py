"""An application as users see it: its own login form, the add-on, and its clients."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from pyramid.authentication import AuthTktCookieHelper
from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.interfaces import ISecurityPolicy
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED, remember

from pyramid_oauth2 import Client, get_service
from pyramid_oauth2.interfaces import IService
from pyramid_oauth2.protocol.authorization.joining import Joining
from tests.protocol.worlds import make_request
from tests.quick_templates import COMPILED

VERIFIER = "the-same-in-every-test-and-as-long-as-the-standard-demands"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=")

SETTINGS = {
    **COMPILED,
    "oauth2.issuer": "http://localhost",
    "oauth2.backend": "memory",
    "oauth2.login_route": "login",
    "oauth2.scopes": "\n".join(
        (
            "albums = See your photos and albums",
            "orders = Order prints in your name",
            "profile = Know your name and your email address",
        )
    ),
}

LOGIN_FORM = """<!doctype html>
<html lang="en"><title>Sign in</title>
<form method="post">
  <label>Name <input name="user"></label>
  <button>Sign in</button>
</form>
"""


class CookiePolicy:
    """Authenticates users by cookie; it does not handle permissions."""

    def __init__(self) -> None:
        self._cookie = AuthTktCookieHelper("not so secret", hashalg="sha512", http_only=True)

    def identity(self, request: Any) -> str | None:
        return (self._cookie.identify(request) or {}).get("userid")

    authenticated_userid = identity

    def logged_in_at(self, request: Any) -> int | None:
        found = self._cookie.identify(request)
        return found and int(found["timestamp"])

    def permits(self, request: Any, context: Any, permission: str) -> bool:
        return False

    def remember(self, request: Any, userid: str, **kw: Any) -> Any:
        return self._cookie.remember(request, userid, **kw)

    def forget(self, request: Any, **kw: Any) -> Any:
        return self._cookie.forget(request, **kw)


class People:
    """Users, each with a name and a mail address; who is gone is deactivated."""

    def __init__(self) -> None:
        self.gone: set[str] = set()

    def is_active(self, subject: str) -> bool:
        return subject not in self.gone

    def claims(self, subject: str, names: Any) -> dict[str, Any]:
        return {"name": subject.title(), "email": f"{subject}@foto.example"}

    def authenticated_at(self, request: Any) -> int | None:
        policy = request.registry.getUtility(ISecurityPolicy)
        return getattr(policy, "wrapped", policy).logged_in_at(request)


class Untimed(People):
    """The same, of whom it is not known when they logged in."""

    def authenticated_at(self, request: Any) -> int | None:
        return None


# A request without scope asks for the application's own, as without OpenID Connect.
OPENID = {
    "oauth2.openid": "true",
    "oauth2.secret": "s" * 43,
    "oauth2.default_scopes": "albums orders profile",
}


def log_in(request: Any) -> Response:
    """Log in any user, by name."""
    if request.method == "GET":
        return Response(LOGIN_FORM)
    back = request.GET.get("next", "/login")
    return HTTPSeeOther(back, headers=remember(request, request.POST["user"]))


def configurator(
    settings: dict[str, Any] | None = None, policy: Any = None, people: People | None = None
) -> Configurator:
    """The application; *settings* override those above.

    :param people: its users, if it knows more than their names.
    """
    config = Configurator(settings={**SETTINGS, **(settings or {})})
    config.set_security_policy(policy or CookiePolicy())
    config.include("pyramid_oauth2")
    if people is not None:
        config.set_oauth2_resource_owners(people)
    config.add_route("login", "/login")
    config.add_view(
        log_in, route_name="login", permission=NO_PERMISSION_REQUIRED, require_csrf=False
    )
    return config


def register(registry: Any, client_id: str, redirect_uri: str, **metadata: Any) -> str:
    """Register a client that may request everything; return its secret."""
    server = get_service(registry).server
    client = Client(
        client_id,
        **{
            "redirect_uris": (redirect_uri,),
            "grant_types": ("authorization_code", "refresh_token"),
            "scope": server.known_scopes,
            "token_endpoint_auth_method": "client_secret_post",
            **metadata,
        },
    )
    return get_service(registry).clients.add(client).secret or ""


def authorize_query(client_id: str, **parameters: Any) -> str:
    """The query of a valid request, with the changes of *parameters*."""
    return urlencode(
        {
            "client_id": client_id,
            "response_type": "code",
            "code_challenge": CHALLENGE.decode(),
            "code_challenge_method": "S256",
            **parameters,
        },
        doseq=True,
    )


def join(registry: Any, client_id: str, subject: str = "alice") -> None:
    """Let a user be signed in at a client, with another browser."""
    server = get_service(registry).server
    client, sessions = server.client(client_id), server.plug_ins.sessions
    assert client is not None
    assert sessions is not None
    request = make_request(client_id=client_id, scope=frozenset({"openid"}))
    assert sessions.join(Joining(client, subject, request, None, "another browser"))


def advance_clock(registry: Any, seconds: int) -> None:
    """Move the server's clock forward."""
    service = get_service(registry)
    now = service.server.clock
    server = replace(service.server, clock=lambda: now() + seconds)
    registry.registerUtility(replace(service, server=server), IService)

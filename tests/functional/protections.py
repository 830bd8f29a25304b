"""The same small application, protected in every way that the add-on supports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pyramid.authentication import AuthTktAuthenticationPolicy
from pyramid.authorization import ACLAuthorizationPolicy, Allow, Authenticated

from pyramid_oauth2 import BearerTokenHelper, OAuth2AuthenticationPolicy, Scope

from . import host

STEPS_ASIDE = {"oauth2.security_policy": "false"}
IDS = {"alice": 1, "bob": 2}


class OwnPolicy(host.CookiePolicy):
    """A policy that calls the helper first."""

    def __init__(self) -> None:
        super().__init__()
        self.bearer = BearerTokenHelper()

    def identity(self, request: Any) -> Any:
        if self.bearer.is_bearer(request):
            return self.bearer.identity(request)
        return super().identity(request)

    def authenticated_userid(self, request: Any) -> Any:
        if self.bearer.is_bearer(request):
            return self.bearer.authenticated_userid(request)
        return super().identity(request)

    def permits(self, request: Any, context: Any, permission: str) -> Any:
        if self.bearer.is_bearer(request):
            return self.bearer.permits(request, context, permission)
        return super().permits(request, context, permission)


class LegacyPolicy(AuthTktAuthenticationPolicy):
    """Like the host's policy: a cookie, or a token older than the add-on."""

    def __init__(self) -> None:
        super().__init__("not so secret", hashalg="sha512")

    def unauthenticated_userid(self, request: Any) -> Any:
        if request.headers.get("Authorization") == "Bearer app-token-of-bob":
            return "bob"
        return super().unauthenticated_userid(request)


class User(NamedTuple):
    id: int
    name: str


class IntegerPolicy(host.CookiePolicy):
    """Userids are integers, and the identity is a User."""

    def identity(self, request: Any) -> Any:
        name = super().identity(request)
        return User(IDS[name], name) if name else None

    def authenticated_userid(self, request: Any) -> Any:
        user = self.identity(request)
        return user and user.id

    def permits(self, request: Any, context: Any, permission: str) -> Any:
        user = self.authenticated_userid(request)
        found = ["system.Everyone"] if user is None else ["system.Everyone", Authenticated, user]
        return self.acl.permits(context, found, permission)


class IntegerUsers(host.Users):
    def subject(self, request: Any) -> str | None:
        return request.identity and request.identity.name

    def userid(self, subject: str) -> int:
        return IDS[subject]

    def identity(self, request: Any, subject: str) -> User:
        return User(IDS[subject], subject)


class IntegerRoot(host.Root):
    __acl__ = [
        (Allow, Authenticated, "edit"),
        (Allow, Scope("read"), "view"),
        (Allow, IDS["bob"], "delete"),
        (Allow, "system.Everyone", "log in"),
    ]


def may(user: str | None, permission: str) -> bool:
    """The permissions that an application without ACLs hard-codes."""
    granted = {"edit": user is not None, "delete": user == "bob", "log in": True}
    return granted.get(permission, False)


class PlainPolicy(host.CookiePolicy):
    def permits(self, request: Any, context: Any, permission: str) -> bool:
        return may(self.identity(request), permission)


class PlainUsers(host.Users):
    def permits(self, request: Any, subject: str, context: Any, permission: str) -> bool:
        return may(subject, permission)


def wrapped(config: Any) -> None:
    host.policy(config)


def helped(config: Any) -> None:
    config.set_security_policy(OwnPolicy())
    config.set_root_factory(host.Root)


def legacy(config: Any, policy: Any = None) -> None:
    config.set_authentication_policy(policy or LegacyPolicy())
    config.set_authorization_policy(ACLAuthorizationPolicy())
    config.set_root_factory(host.Root)


def legacy_helped(config: Any) -> None:
    legacy(config, OAuth2AuthenticationPolicy(LegacyPolicy()))


def with_integers(config: Any) -> None:
    config.set_security_policy(IntegerPolicy())
    config.set_root_factory(IntegerRoot)
    config.set_oauth2_resource_owners(IntegerUsers())


def without_acls(config: Any) -> None:
    config.set_security_policy(PlainPolicy())
    config.set_oauth2_resource_owners(PlainUsers())


def without_policy(config: Any) -> None:
    config.set_root_factory(host.Root)


def transactional(config: Any) -> None:
    """pyramid_tm reads the userid before routing, and runs above the exception views."""
    config.add_settings({"retry.attempts": "2", "tm.annotate_user": "true"})
    config.include("pyramid_tm")
    config.include("pyramid_retry")


@dataclass(frozen=True)
class Protection:
    """A way to protect the application.

    ``names`` maps users to the userids that a view sees; ``rows`` are differences of the matrix.
    """

    configure: Any
    settings: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    rows: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


LOGIN, LACKING = "302 to /login", "403"
MISSING, INVALID, NARROW = "401", "401 invalid_token", "403 insufficient_scope"

PROTECTIONS = {
    "include": Protection(wrapped),
    "own policy with the helper": Protection(helped, STEPS_ASIDE),
    "legacy pair": Protection(legacy),
    "legacy pair with our own": Protection(legacy_helped, STEPS_ASIDE),
    "integer userids": Protection(with_integers, names={"bob": "2", "alice": "1"}),
    "no ACLs": Protection(
        without_acls,
        # Without an ACL, no ACL can contain a scope.
        rows={
            "bearer bob, read": (LACKING, LACKING, NARROW, "bob", "bob", "anonymous"),
            "bearer alice, read": (LACKING, LACKING, NARROW, "alice", LACKING, "anonymous"),
            "client's own token": (LACKING, LACKING, LACKING, "anonymous", LACKING, "anonymous"),
        },
    ),
    "no policy": Protection(
        without_policy,
        # No user can sign in, and what a permission guards is for tokens alone.
        rows={
            "cookie bob": (LOGIN, LOGIN, MISSING, MISSING, LOGIN, "anonymous"),
            "foreign bearer": (LOGIN, LOGIN, INVALID, INVALID, INVALID, "anonymous"),
        },
    ),
}

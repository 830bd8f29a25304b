"""Who is calling: the security policy that recognises bearer tokens, around the application's own.

A request with a token of ours is answered here and never reaches the wrapped
policy, which would find the cookie of whoever sits at the browser. Every other
request is the wrapped policy's, untouched.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from pyramid.authorization import ACLDenied, ACLHelper, Authenticated, Everyone
from pyramid.events import ApplicationCreated
from pyramid.exceptions import ConfigurationError
from pyramid.interfaces import PHASE2_CONFIG, ISecurityPolicy
from pyramid.security import NO_PERMISSION_REQUIRED, Denied, LegacySecurityPolicy
from zope.interface import implementer

from .protocol.records import StoreUnavailable

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, order=True)
class Scope:
    """A scope as a principal: ``(Allow, Scope('read'), 'view')`` in an ACL.

    No string equals it, so no userid or group can pass for a scope.
    """

    name: str


class OAuth2Denied(ACLDenied):  # type: ignore[misc]
    """A refusal of this policy. The guard around the view makes it a challenge."""


@implementer(ISecurityPolicy)
class OAuth2SecurityPolicy:
    """Recognises bearer tokens; leaves every other request to the policy it wraps.

    :param wrapped: the application's own policy, None if it has none: then
        every ``permission=`` is denied to requests that bring no token.
    """

    def __init__(self, wrapped: Any = None) -> None:
        self.wrapped = wrapped

    def identity(self, request: Any) -> Any:
        """The user: of the token where a view let it in, else the wrapped policy's."""
        if _is_bearer(request):
            return request.oauth2.identity
        return self.wrapped.identity(request) if self.wrapped else None

    def authenticated_userid(self, request: Any) -> Any:
        """The userid: of the token where a view let it in, else the wrapped policy's."""
        if _is_bearer(request):
            return request.oauth2.userid
        return self.wrapped.authenticated_userid(request) if self.wrapped else None

    def permits(self, request: Any, context: Any, permission: str) -> Any:
        """Whether the ACL allows it to the token, or the wrapped policy to the request."""
        if _is_bearer(request):
            # Never delegated: the wrapped policy would read the cookie again,
            # and give the right of one user in the name of another.
            return _permits_bearer(request, context, permission)
        if self.wrapped is None:
            return Denied("No security policy is set, so nobody has the permission %r", permission)
        return self.wrapped.permits(request, context, permission)

    def __getattr__(self, name: str) -> Any:
        """What else the wrapped policy has, for code that asks the policy directly."""
        if name == "wrapped":  # Not set yet, while it is being copied or unpickled.
            raise AttributeError(name)
        return getattr(self.wrapped, name)

    def remember(self, request: Any, userid: Any, **kw: Any) -> Any:
        """Headers that log a user in: the wrapped policy's."""
        return self.wrapped.remember(request, userid, **kw) if self.wrapped else []

    def forget(self, request: Any, **kw: Any) -> Any:
        """Headers that log the user out: the wrapped policy's."""
        return self.wrapped.forget(request, **kw) if self.wrapped else []


class LegacyOAuth2SecurityPolicy(OAuth2SecurityPolicy, LegacySecurityPolicy):  # type: ignore[misc]
    """The same around an authentication and an authorization policy.

    ``request.effective_principals`` asks a :class:`LegacySecurityPolicy` for
    its authentication policy, behind the back of whatever wraps it.
    """

    def _get_authn_policy(self, request: Any) -> Any:
        if _is_bearer(request):
            return _BearerAuthentication()
        return self.wrapped._get_authn_policy(request)


class _BearerAuthentication:
    """The two questions that Pyramid puts past a legacy security policy."""

    def unauthenticated_userid(self, request: Any) -> Any:
        return request.oauth2.userid

    def effective_principals(self, request: Any) -> list[Any]:
        return principals(request)


def principals(request: Any) -> list[Any]:
    """Who a bearer request is to an ACL.

    Everyone and the token's scopes; where a view that declares a scope has let
    the request in, also Authenticated, the userid and the user's own principals.
    """
    oauth2 = request.oauth2
    found: list[Any] = [Everyone, *map(Scope, sorted(oauth2.scope))]
    if oauth2.userid is not None:
        found += [Authenticated, oauth2.userid]
        found += oauth2.service.owners.principals(request, oauth2.subject)
    return found


def _is_bearer(request: Any) -> bool:
    # A request made by hand in an application's test has no oauth2.
    oauth2 = getattr(request, "oauth2", None)
    return oauth2 is not None and oauth2.is_bearer


def _permits_bearer(request: Any, context: Any, permission: str) -> Any:
    try:
        known = principals(request)
    except StoreUnavailable as unavailable:
        # Asked where no guard has read the token before, in an exception view
        # for instance. What cannot be checked is not permitted.
        log.error("The store cannot answer: %s", unavailable)
        known = [Everyone]
    result = ACLHelper().permits(context, known, permission)
    if result:
        return result
    return OAuth2Denied(
        result.ace, result.acl, result.permission, result.principals, result.context
    )


def includeme(config: Any) -> None:
    """Wrap whatever policy the application sets, whichever is included first."""

    def wrap() -> None:
        policy = config.registry.queryUtility(ISecurityPolicy)
        legacy = isinstance(policy, LegacySecurityPolicy)
        wrapper = LegacyOAuth2SecurityPolicy if legacy else OAuth2SecurityPolicy
        config.registry.registerUtility(wrapper(policy), ISecurityPolicy)

    # After set_security_policy and set_authentication_policy, which act in
    # PHASE2_CONFIG, and before the views, which ask for the policy in PHASE3_CONFIG.
    config.action("oauth2 security policy", wrap, order=PHASE2_CONFIG + 1)
    config.add_subscriber(_check_policy, ApplicationCreated)


def _permissions(registry: Any) -> set[str]:
    """The permissions of the application's views."""
    category = registry.introspector.get_category("permissions", ())
    return {item["introspectable"]["value"] for item in category} - {NO_PERMISSION_REQUIRED}


def _check_policy(event: Any) -> None:
    policy = event.app.registry.queryUtility(ISecurityPolicy)
    if not isinstance(policy, OAuth2SecurityPolicy):
        raise ConfigurationError(
            "A security policy was set after pyramid_oauth2 had wrapped the one before, so no "
            "bearer token would be recognised. Set the policy before config.commit(), or include "
            "pyramid_oauth2 after it, and do not use autocommit=True."
        )
    if policy.wrapped is None and _permissions(event.app.registry):
        log.warning(
            "The application has views with a permission, but no security policy: they are denied "
            "to every request that brings no access token. Set one with config.set_security_policy."
        )

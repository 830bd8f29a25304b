"""The security policy that recognises bearer tokens, and wraps the application's own policy.

A bearer request is handled here and never reaches the wrapped policy, which
would authenticate the user of the browser's cookie. Every other request is
passed to the wrapped policy unchanged.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from pyramid.authorization import ACLHelper, Authenticated, Everyone
from pyramid.events import ApplicationCreated
from pyramid.interfaces import PHASE2_CONFIG, IAuthenticationPolicy, ISecurityPolicy
from pyramid.security import NO_PERMISSION_REQUIRED, Denied, LegacySecurityPolicy
from zope.interface import implementer

from ..interfaces import ISettings
from ..protocol.records import StoreUnavailable
from ..startup_error import StartupError
from .permissions import warn_of_closed_views
from .request import Request
from .wrapped_policy import PolicyWrapper

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, order=True)
class Scope:
    """A scope as a principal: ``(Allow, Scope('read'), 'view')`` in an ACL.

    No string equals it, so a userid or group cannot be mistaken for a scope.
    """

    name: str


class BearerTokenHelper:
    """The methods of a security policy for bearer requests, to be called by a policy of your own.

    :meth:`is_bearer` recognises a bearer request; call the other methods for such
    requests only. Your policy handles all others::

        def permits(self, request, context, permission):
            if self.bearer.is_bearer(request):
                return self.bearer.permits(request, context, permission)
            ...
    """

    def is_bearer(self, request: Request) -> bool:
        """Whether the request is a bearer request; its token need not be valid."""
        # A request that an application's test creates itself has no oauth2.
        oauth2 = getattr(request, "oauth2", None)
        return oauth2 is not None and oauth2.is_bearer

    def identity(self, request: Request) -> Any:
        """The user of the token if a view that declares a scope admitted it, else None."""
        return request.oauth2.identity

    def authenticated_userid(self, request: Request) -> Any:
        """The userid of the token if a view that declares a scope admitted it, else None."""
        return request.oauth2.userid

    def permits(self, request: Request, context: Any, permission: str) -> Any:
        """Whether the ACL, or an application without ACLs, grants the token the permission."""
        oauth2 = request.oauth2
        try:
            owners = oauth2.service.owners
            if oauth2.userid is not None and owners.knows("permits"):
                assert oauth2.subject is not None  # A userid is that of a subject.
                allowed = owners.permits(request, oauth2.subject, context, permission)
                return allowed or Denied("The user may not %r", permission)
            principals = self.principals(request)
        except StoreUnavailable as unavailable:
            # Reached if no guard has read the token before, in an exception view for
            # instance. A token that cannot be checked has no permissions.
            log.error("The store cannot answer: %s", unavailable)
            principals = [Everyone]
        return ACLHelper().permits(context, principals, permission)

    def principals(self, request: Request) -> list[Any]:
        """The principals of a bearer request, for an ACL.

        Everyone and the token's scopes; if a view that declares a scope has
        admitted the request, also Authenticated, the userid and the user's own
        principals.
        """
        oauth2 = request.oauth2
        found: list[Any] = [Everyone, *map(Scope, sorted(oauth2.scope))]
        if oauth2.userid is not None:
            assert oauth2.subject is not None
            found += [Authenticated, oauth2.userid]
            found += oauth2.service.owners.principals(request, oauth2.subject)
        return found


@implementer(ISecurityPolicy)
class OAuth2SecurityPolicy(PolicyWrapper):
    """Recognises bearer tokens; passes every other request to the policy it wraps.

    :param wrapped: the application's own policy, None if it has none: then
        every ``permission=`` is denied to requests without a token.
    """

    def __init__(self, wrapped: Any = None) -> None:
        super().__init__(wrapped)
        self.bearer = BearerTokenHelper()

    def identity(self, request: Request) -> Any:
        """The user: for a bearer request that of an admitted token, else the wrapped policy's."""
        if self.bearer.is_bearer(request):
            return self.bearer.identity(request)
        return self.wrapped.identity(request) if self.wrapped else None

    def authenticated_userid(self, request: Request) -> Any:
        """The userid: for a bearer request that of an admitted token, else the wrapped policy's."""
        if self.bearer.is_bearer(request):
            return self.bearer.authenticated_userid(request)
        return self.wrapped.authenticated_userid(request) if self.wrapped else None

    def permits(self, request: Request, context: Any, permission: str) -> Any:
        """Whether the token, or else the wrapped policy, gives the permission."""
        if self.bearer.is_bearer(request):
            # Never delegated: the wrapped policy would read the cookie, and grant
            # one user's permission to the token of another.
            return self.bearer.permits(request, context, permission)
        if self.wrapped is None:
            return Denied("No security policy is set, so no user has the permission %r", permission)
        return self.wrapped.permits(request, context, permission)

    def remember(self, request: Request, userid: Any, **kw: Any) -> Any:
        """The wrapped policy's headers that log a user in."""
        return self.wrapped.remember(request, userid, **kw) if self.wrapped else []

    def forget(self, request: Request, **kw: Any) -> Any:
        """The wrapped policy's headers that log the user out."""
        return self.wrapped.forget(request, **kw) if self.wrapped else []


@implementer(IAuthenticationPolicy)
class OAuth2AuthenticationPolicy(PolicyWrapper):
    """The same for Pyramid 1.x's pair of policies: wraps the authentication policy.

    :param wrapped: the application's own authentication policy.
    """

    def __init__(self, wrapped: Any) -> None:
        super().__init__(wrapped)
        self.bearer = BearerTokenHelper()

    def authenticated_userid(self, request: Request) -> Any:
        """The userid: for a bearer request that of an admitted token, else the wrapped policy's."""
        if self.bearer.is_bearer(request):
            return self.bearer.authenticated_userid(request)
        return self.wrapped.authenticated_userid(request)

    def unauthenticated_userid(self, request: Request) -> Any:
        """For a bearer request the authenticated userid: a token makes no unverified claim."""
        if self.bearer.is_bearer(request):
            return self.bearer.authenticated_userid(request)
        return self.wrapped.unauthenticated_userid(request)

    def effective_principals(self, request: Request) -> list[Any]:
        """The principals; the application's authorization policy decides on every request."""
        if self.bearer.is_bearer(request):
            return self.bearer.principals(request)
        return list(self.wrapped.effective_principals(request))

    def remember(self, request: Request, userid: Any, **kw: Any) -> Any:
        """The wrapped policy's headers that log a user in."""
        return self.wrapped.remember(request, userid, **kw)

    def forget(self, request: Request) -> Any:
        """The wrapped policy's headers that log the user out."""
        return self.wrapped.forget(request)


class LegacyOAuth2SecurityPolicy(OAuth2SecurityPolicy, LegacySecurityPolicy):  # type: ignore[misc]
    """The wrapper of Pyramid 1.x's pair of policies.

    ``request.effective_principals`` calls the authentication policy of a
    :class:`LegacySecurityPolicy` directly, and bypasses any wrapper.
    """

    def _get_authn_policy(self, request: Request) -> Any:
        return _wrapped_authentication(self.wrapped._get_authn_policy(request))


def _wrapped_authentication(policy: Any) -> OAuth2AuthenticationPolicy:
    done = isinstance(policy, OAuth2AuthenticationPolicy)
    return policy if done else OAuth2AuthenticationPolicy(policy)


def includeme(config: Any) -> None:
    """Wrap the policy that the application sets, before or after it includes the add-on."""
    if not config.registry.getUtility(ISettings).security_policy:
        return

    def wrap() -> None:
        registry = config.registry
        policy = registry.queryUtility(ISecurityPolicy)
        legacy = isinstance(policy, LegacySecurityPolicy)
        wrapper = LegacyOAuth2SecurityPolicy if legacy else OAuth2SecurityPolicy
        registry.registerUtility(wrapper(policy), ISecurityPolicy)
        authentication = registry.queryUtility(IAuthenticationPolicy) if legacy else None
        if authentication is not None:
            # The application's own code asks it directly, as it did in Pyramid 1.x.
            wrapped = _wrapped_authentication(authentication)
            registry.registerUtility(wrapped, IAuthenticationPolicy)

    # After set_security_policy and set_authentication_policy, which act in
    # PHASE2_CONFIG, and before the views, which read the policy in PHASE3_CONFIG.
    config.action("oauth2 security policy", wrap, order=PHASE2_CONFIG + 1)
    config.add_subscriber(_check_policy, ApplicationCreated)
    config.add_subscriber(warn_of_closed_views, ApplicationCreated)


def _permissions(registry: Any) -> set[str]:
    """The permissions of the application's views."""
    category = registry.introspector.get_category("permissions", ())
    return {item["introspectable"]["value"] for item in category} - {NO_PERMISSION_REQUIRED}


def _check_policy(event: Any) -> None:
    policy = event.app.registry.queryUtility(ISecurityPolicy)
    if not isinstance(policy, OAuth2SecurityPolicy):
        raise StartupError(
            "A security policy was set after pyramid_oauth2 had wrapped the one before, so no "
            "bearer token would be recognised. Set the policy before config.commit(), or include "
            "pyramid_oauth2 after it, and do not use autocommit=True."
        )
    if policy.wrapped is None and _permissions(event.app.registry):
        log.warning(
            "The application has views with a permission, but no security policy: they are denied "
            "to every request that brings no access token. Set one with config.set_security_policy."
        )

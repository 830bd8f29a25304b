"""What the application's own policy has beside the methods of the interface.

Code that asks the policy directly, such as for the groups of a user, finds it at the wrapper
too. It may know the user of the cookie only, so it is not called for a bearer request.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from .request import RequestOAuth2


class CookiePolicyAsked(RuntimeError):
    """A method of the wrapped policy was called with a bearer request, and could only read its
    cookie: it would answer for one user, while the token is that of another.
    """


class PolicyWrapper:
    """Has every attribute of the policy that it wraps.

    What can be called raises :exc:`CookiePolicyAsked` if an argument is a bearer request.
    """

    def __init__(self, wrapped: Any) -> None:
        self.wrapped = wrapped

    def __getattr__(self, name: str) -> Any:
        if name == "wrapped":  # Not set yet while the policy is being copied or unpickled.
            raise AttributeError(name)
        value = getattr(self.wrapped, name)
        # A class makes an object, such as an exception, and knows no user.
        guarded = callable(value) and not inspect.isclass(value)
        return _UnlessBearer(name, value) if guarded else value


class _UnlessBearer:
    """A callable, which has its own attributes too: those of ``lru_cache``, for instance."""

    def __init__(self, name: str, call: Callable[..., Any]) -> None:
        functools.update_wrapper(self, call, updated=())
        self._name = name

    def __call__(self, *args: Any, **kw: Any) -> Any:
        # Pyramid 1.x gives the request to a callback as the last argument.
        if any(map(_is_bearer_request, (*args, *kw.values()))):
            name = self._name
            raise CookiePolicyAsked(
                f"{name}() of the application's policy was called with a request that presents an "
                "access token, and would answer for the user of its cookie. Use request.identity, "
                "request.authenticated_userid or request.has_permission, and give the principals "
                "of a token's user by principals() of IResourceOwners. If the user of the cookie "
                f"is meant, or {name}() does not look for one, call policy.wrapped.{name}()."
            )
        return self.__wrapped__(*args, **kw)

    def __getattr__(self, name: str) -> Any:
        if name == "__wrapped__":  # Not set yet while it is being copied or unpickled.
            raise AttributeError(name)
        return getattr(self.__wrapped__, name)


def _is_bearer_request(argument: Any) -> bool:
    oauth2 = getattr(argument, "oauth2", None)
    # Any argument is looked at, and one that is no request may have an attribute of that name.
    return isinstance(oauth2, RequestOAuth2) and oauth2.is_bearer

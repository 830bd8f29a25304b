"""The user agent at the authorization endpoint, and its user."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

from ..authentication import Authentication


def browser_digest(secret: str) -> str:
    """The digest of a browser's secret, which an interaction stores in place of it."""
    return hashlib.sha256(secret.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class User:
    """The user agent and its user. The callables are called only where a step needs them.

    :param secret: returns the browser's secret, and makes one where there is none.
    :param new: whether the browser sent no secret.
    :param present: returns the browser's present secret, where ``secret`` is that of a page of
        ours which it had before: the form of the page contains it.
    :param authentication: returns how the user authenticated, if that is known.
    :param has_login_page: whether the application has a page at which a signed-in user can
        log in again. A forbidden view would refuse them.
    """

    subject: str | None
    secret: Callable[[], str] = field(repr=False)
    authentication: Callable[[], Authentication | None]
    has_login_page: bool = True
    new: bool = False
    present: Callable[[], str] | None = field(default=None, repr=False)

    @property
    def earlier(self) -> bool:
        """Whether the secret is not the browser's present one."""
        return self.present is not None

    def browser(self) -> str:
        """The digest of the secret."""
        return browser_digest(self.secret())

    def present_browser(self) -> str:
        """The digest of the present secret, by which the browser is known from now on."""
        return browser_digest((self.present or self.secret)())

    def auth_time(self) -> int | None:
        """When the user authenticated, in UTC seconds; None if it is not known."""
        authentication = self.authentication()
        return None if authentication is None else authentication.auth_time

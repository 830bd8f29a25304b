"""The opaque ``data`` of an interaction's record: the request, and whom it belongs to."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..envelope import Members, dumps
from .authorization_request import AuthorizationRequest
from .new_login import may_demand_login

TWICE = 5  # seconds between two loads of one page
MOST_COOKIES = 4  # of one browser, which loads it more than twice


@dataclass(frozen=True, slots=True)
class Interaction:
    """A request that waits for its user.

    ``browser`` is a digest of the browser's cookie, empty until it belongs to a browser;
    ``subject`` is None until a signed-in user opened it.
    ``login_demanded_at`` is when the request's new login was demanded, in UTC seconds;
    ``subject`` is the user who has logged in since then.
    ``new_browser`` is set if the browser had no cookie of ours when it began:
    if it loads two first pages at once, each sets a cookie, and one of them stays.
    ``opened_at`` is when a browser opened a request that was stored before, in UTC seconds.
    ``further_cookies`` are the digests of what such a browser got when it loaded the page again.
    ``ends_at`` is until when the user can decide, in UTC seconds, if the record stays for
    longer; None until a signed-in user opened it, and in a record of an earlier version.
    ``others`` are the members that a later version wrote.
    """

    request: AuthorizationRequest
    browser: str = ""
    subject: str | None = None
    login_demanded_at: int | None = None
    new_browser: bool = False
    opened_at: int | None = None
    further_cookies: tuple[str, ...] = ()
    ends_at: int | None = None
    others: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def encode(self) -> bytes:
        """As the opaque ``data`` of a record."""
        members = {
            **self.others,
            "asked": self.request.encode(),
            "browser": self.browser,
            "subject": self.subject,
            "login_demanded_at": self.login_demanded_at,
        }
        if self.new_browser:
            members["new_browser"] = True
        if self.opened_at is not None:
            members["opened_at"] = self.opened_at
        if self.further_cookies:
            members["further_cookies"] = list(self.further_cookies)
        if self.ends_at is not None:
            members["ends_at"] = self.ends_at
        return dumps(members)

    @classmethod
    def decode(cls, data: bytes, understood: Collection[str] = ()) -> Interaction:
        """From the ``data`` of a record.

        :param understood: as for :meth:`~..envelope.Members.read`.
        :raises NotUnderstood: this version cannot respond to the request.
        """
        members, others = _MEMBERS.read(data, understood)
        request = AuthorizationRequest.decode(members.pop("asked"), understood)
        further = tuple(members.pop("further_cookies", ()))
        return cls(request, **members, further_cookies=further, others=others)

    def is_of(self, browser: str) -> bool:
        """Whether it belongs to the browser of that digest."""
        return browser in (self.browser, *self.further_cookies)

    def opened_by(self, browser: str, subject: str | None, new: bool, now: int) -> Interaction:
        """As it is once a browser has opened it; it may be another one's nevertheless.

        :param new: whether the browser sent no cookie.
        """
        if not self.browser:
            return replace(self, browser=browser, new_browser=new, opened_at=now)
        if self.is_of(browser) or not (new and self._is_loaded_again(subject, now)):
            return self
        return replace(self, further_cookies=(*self.further_cookies, browser))

    def _is_loaded_again(self, subject: str | None, now: int) -> bool:
        # A browser without a cookie that loads the page twice, after a double click for
        # instance, gets two: one of them stays, and either page may be the one that is shown.
        if not self.new_browser or self.opened_at is None:
            return False
        # One that demands a new login has no user before that, although one may be signed in.
        unbound = self.subject is None and may_demand_login(self.request)
        return (
            now < self.opened_at + TWICE
            and len(self.further_cookies) < MOST_COOKIES
            and (unbound or self.subject == subject)
        )


_MEMBERS = Members(
    {
        "asked": object,
        "browser": str,
        "subject": str | None,
        "login_demanded_at": int | None,
        "new_browser": bool,
        "opened_at": int | None,
        "further_cookies": list,
        "ends_at": int | None,
    },
    frozenset({"asked"}),
)

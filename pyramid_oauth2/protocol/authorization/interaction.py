"""A pending consent: the request, stored on the server while the user decides.

The form holds a handle and no request, so what the page shows is what is granted.
The handle can be used once, in the browser that began, by the user who opened it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from ..authorization_server import AuthorizationServer
from ..contention import Contention
from ..envelope import Members, NotUnderstood
from ..lost_responses import until_inserted, until_known
from ..records import INTERACTION, DuplicateRecord, Token, TokenChanges
from ..server import Server
from ..token_strings import NewToken, new_family, new_token, parse_token
from .authorization_request import AuthorizationRequest
from .new_login import demands_new_login
from .unusable import (
    KNOWN,
    UNEXPIRED,
    ExpiredInteraction,
    ForeignInteraction,
    UnusableInteraction,
    UsedInteraction,
)

WINDOW = 30  # seconds for which the response to a decision is repeated
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
    ``others`` are the members that a later version wrote.
    """

    request: AuthorizationRequest
    browser: str = ""
    subject: str | None = None
    login_demanded_at: int | None = None
    new_browser: bool = False
    opened_at: int | None = None
    further_cookies: tuple[str, ...] = ()
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
        return json.dumps(members).encode()

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
        unbound = self.subject is None and demands_new_login(self.request)
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
    },
    frozenset({"asked"}),
)


@dataclass(frozen=True, slots=True)
class OpenInteraction:
    """An interaction as it was found, with the record that will be spent."""

    interaction: Interaction
    token: Token


def interaction_of(server: AuthorizationServer, data: bytes) -> Interaction:
    """From the ``data`` of a record, for a server that responds to the request.

    :raises NotUnderstood: it cannot; no plug-in has registered the response type, for instance.
    """
    interaction = Interaction.decode(data, server.understood)
    if interaction.request.response_type not in server.plug_ins.response_types:
        raise NotUnderstood("asks for what this version of the server does not know")
    return interaction


def begin_interaction(
    server: AuthorizationServer,
    interaction: Interaction,
    handle: NewToken | None = None,
    lifetime: int | None = None,
) -> tuple[str, OpenInteraction]:
    """Store a request; return its handle, which is stored nowhere, and what was stored.

    :param handle: one that is derived. If it was begun before, that interaction is opened.
    :param lifetime: in seconds; None: ``oauth2.interaction_lifetime``.
    :raises UnusableInteraction: the one that was begun before is used.
    """
    now = server.clock()
    if handle is None:
        handle = new_token(INTERACTION, new_family(server.random), server.random)
    kind, family, digest = handle.ref
    token = Token(
        kind,
        family,
        digest,
        issued_at=now,
        expires_at=now + (server.lifetimes.interaction if lifetime is None else lifetime),
        data=interaction.encode(),
    )
    try:
        until_inserted(server, partial(server.grants.open, None, [token], now), token)
    except DuplicateRecord:
        browser, subject = interaction.browser, interaction.subject
        since = interaction.login_demanded_at
        begun = open_interaction(server, handle.value, browser, subject, new_login_since=since)
        return handle.value, begun
    return handle.value, OpenInteraction(interaction, token)


def open_interaction(
    server: AuthorizationServer,
    handle: str,
    browser: str,
    subject: str | None,
    *,
    new: bool = False,
    bind: bool = True,
    new_login_since: int | None = None,
) -> OpenInteraction:
    """Find the interaction of a handle.

    :param new: whether the browser sent no cookie.
    :param bind: whether to bind it to this browser and user where it is not
        yet. A decision does not: its page was shown before.
    :param new_login_since: when a login was demanded that the user has made since. A request
        that demands one is not bound to a user without it: another user may log in.
    :raises UnusableInteraction: it is unknown, expired or used.
    :raises ForeignInteraction: it is bound to another browser or user.
    """

    def bound(found: OpenInteraction) -> Interaction:
        of_browser = interaction = found.interaction
        if bind and not interaction.browser and subject is None:
            # Another page may have given the browser another cookie until the user is back.
            return interaction
        if bind:
            of_browser = interaction.opened_by(browser, subject, new, server.clock())
        if not of_browser.is_of(browser):
            raise ForeignInteraction("This page belongs to another browser.", another_user=False)
        if subject is not None and interaction.subject not in (None, subject):
            raise ForeignInteraction("This page was opened by another user.", another_user=True)
        if not bind or subject is None:
            return of_browser
        if not demands_new_login(interaction.request):
            return replace(of_browser, subject=subject)
        if new_login_since is None:
            return of_browser
        return replace(of_browser, subject=subject, login_demanded_at=new_login_since)

    return change_interaction(server, handle, bound)


def is_taken(server: AuthorizationServer, handle: NewToken, subject: str | None) -> bool:
    """Whether the interaction of a derived handle is used, or is another user's.

    :param subject: the signed-in user.
    """
    found = server.grants.find(handle.ref)
    if found is None:
        return False
    token, _ = found
    try:
        _check_usable(server, token)
        interaction = interaction_of(server, token.data)
    except (UnusableInteraction, NotUnderstood):
        return True
    return subject is not None and interaction.subject not in (None, subject)


def change_interaction(
    server: AuthorizationServer,
    handle: str,
    change: Callable[[OpenInteraction], Interaction],
    end: int | None = None,
) -> OpenInteraction:
    """Change a pending interaction.

    :param end: until when one waits that a browser has not opened before, in UTC seconds; None:
        as long as before.
    :raises UnusableInteraction: it is unknown, expired or used, or of another version.
    :raises StoreUnavailable: others changed it at each try.
    """
    contention = Contention("the interaction")
    while True:
        token = _find(server, handle)
        try:
            before = interaction_of(server, token.data)
        except NotUnderstood as error:
            raise UnusableInteraction(
                "This page belongs to another version of the server: try again in a moment.",
                refusal=error.refusal,
                code="another_version",
            ) from None
        after = change(OpenInteraction(before, token))
        if after == before:
            return OpenInteraction(before, token)
        # Compare and swap: of two users who open it at once, it is bound to one.
        changes: TokenChanges = {"data": after.encode()}
        if end is not None and not before.browser:
            changes["expires_at"] = max(end, token.expires_at)
        if not until_known(partial(server.grants.amend, token.ref, token.version, changes)):
            contention.lost()


def _find(server: Server, handle: str) -> Token:
    ref = parse_token(handle)
    found = server.grants.find(ref) if ref and ref.kind == INTERACTION else None
    if found is None:
        raise ExpiredInteraction("This page has expired.", refusal=KNOWN)
    token, _ = found
    _check_usable(server, token)
    return token


def _check_usable(server: Server, token: Token) -> None:
    if token.consumed_at is not None or token.revoked_at is not None:
        raise UsedInteraction("This page was used already.", token=token)
    if token.expires_at <= server.clock():
        refusal = UNEXPIRED.comparing(expires_at=token.expires_at, now=server.clock())
        raise ExpiredInteraction("This page has expired.", refusal=refusal, token=token)

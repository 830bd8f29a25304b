"""A pending consent: the request, stored on the server while the user decides.

The form holds a handle and no request, so what the page shows is what is granted.
The handle can be used once, in the browser that began, by the user who opened it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..envelope import Members, NotUnderstood
from ..records import INTERACTION, Token
from ..server import Server
from ..token_strings import new_family, new_token, parse_token
from .request import AuthorizationRequest


class UnusableInteraction(Exception):
    """The handle cannot be used; the message is for the user and says why."""


class ForeignInteraction(UnusableInteraction):
    """The handle belongs to another browser or another user.

    :ivar another_user: whether it belongs to another user.
    """

    def __init__(self, message: str, *, another_user: bool) -> None:
        super().__init__(message)
        self.another_user = another_user


@dataclass(frozen=True, slots=True)
class Interaction:
    """A request that waits for its user.

    ``browser`` is a digest of the browser's cookie, empty until a browser opened
    it; ``subject`` is None until a signed-in user opened it.
    ``login_demanded_at`` is when a new login was demanded, in UTC seconds.
    ``new_browser`` is set if the browser had no cookie of ours when it began:
    if it loads two first pages at once, each sets a cookie, and one of them stays.
    ``others`` are the members that a later version wrote.
    """

    request: AuthorizationRequest
    browser: str = ""
    subject: str | None = None
    login_demanded_at: int | None = None
    new_browser: bool = False
    others: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def has_login(self, logged_in_since: Callable[[int], bool]) -> bool:
        """Whether the signed-in user may be bound: after a new login, where one is demanded.

        :param logged_in_since: whether the user has logged in since a time.
        """
        if "login" not in self.request.prompt:
            return True
        return self.login_demanded_at is not None and logged_in_since(self.login_demanded_at)

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
        return json.dumps(members).encode()

    @classmethod
    def decode(cls, data: bytes) -> Interaction:
        """From the ``data`` of a record.

        :raises NotUnderstood: this version cannot respond to the request.
        """
        members, others = _MEMBERS.read(data)
        request = AuthorizationRequest.decode(members.pop("asked"))
        return cls(request, **members, others=others)


_MEMBERS = Members(
    {
        "asked": object,
        "browser": str,
        "subject": str | None,
        "login_demanded_at": int | None,
        "new_browser": bool,
    },
    frozenset({"asked"}),
)


@dataclass(frozen=True, slots=True)
class OpenInteraction:
    """An interaction as it was found, with the record that will be spent."""

    interaction: Interaction
    token: Token


def begin_interaction(server: Server, interaction: Interaction) -> tuple[str, OpenInteraction]:
    """Store a request; return its handle, which is stored nowhere, and what was stored."""
    now = server.clock()
    handle = new_token(INTERACTION, new_family(server.random), server.random)
    kind, family, digest = handle.ref
    token = Token(
        kind,
        family,
        digest,
        issued_at=now,
        expires_at=now + server.lifetimes.interaction,
        data=interaction.encode(),
    )
    server.grants.open(None, [token], now)
    return handle.value, OpenInteraction(interaction, token)


def open_interaction(
    server: Server,
    handle: str,
    browser: str,
    subject: str | None,
    *,
    bind: bool = True,
    logged_in_since: Callable[[int], bool] = lambda demanded_at: True,
) -> OpenInteraction:
    """Find the interaction of a handle.

    :param bind: whether to bind it to this browser and user where it is not
        yet. A decision does not: its page was shown before.
    :raises UnusableInteraction: it is unknown, expired or used.
    :raises ForeignInteraction: it is bound to another browser or user.
    """

    def bound(interaction: Interaction) -> Interaction:
        if interaction.browser != browser and (interaction.browser or not bind):
            raise ForeignInteraction("This page belongs to another browser.", another_user=False)
        someone = subject if interaction.has_login(logged_in_since) else None
        if someone is not None and interaction.subject not in (None, someone):
            raise ForeignInteraction("This page was opened by another user.", another_user=True)
        if not bind:
            return interaction
        return replace(interaction, browser=browser, subject=someone or interaction.subject)

    return _change(server, handle, bound)


def demand_login(server: Server, handle: str) -> OpenInteraction:
    """Store that a new login is demanded from now on, whichever user is signed in.

    The time of the first demand stays: a login after it is a new login.
    """
    now = server.clock()

    def demand(found: Interaction) -> Interaction:
        return replace(found, login_demanded_at=found.login_demanded_at or now)

    return _change(server, handle, demand)


def _change(
    server: Server, handle: str, change: Callable[[Interaction], Interaction]
) -> OpenInteraction:
    while True:
        token = _find(server, handle)
        try:
            before = Interaction.decode(token.data)
        except NotUnderstood:
            raise UnusableInteraction(
                "This page belongs to another version of the server: try again in a moment."
            ) from None
        after = change(before)
        if after == before:
            return OpenInteraction(before, token)
        # Compare and swap: of two users who open it at once, it is bound to one.
        server.grants.amend(token.ref, token.version, {"data": after.encode()})


def _find(server: Server, handle: str) -> Token:
    ref = parse_token(handle)
    found = server.grants.find(ref) if ref and ref.kind == INTERACTION else None
    if found is None:
        raise UnusableInteraction("This page has expired.")
    token, _ = found
    if token.consumed_at is not None or token.revoked_at is not None:
        raise UnusableInteraction("This page was used already.")
    if token.expires_at <= server.clock():
        raise UnusableInteraction("This page has expired.")
    return token

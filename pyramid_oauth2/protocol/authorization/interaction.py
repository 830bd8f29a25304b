"""A pending consent: the request, stored on the server while the user decides.

The form holds a handle and no request, so what the page shows is what is granted.
The handle can be used once, in the browser that began, by the user who opened it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from ..authorization_server import AuthorizationServer
from ..contention import Contention
from ..envelope import NotUnderstood
from ..lost_responses import until_inserted, until_known
from ..records import INTERACTION, DuplicateRecord, Token, TokenChanges
from ..server import Server
from ..token_strings import NewToken, new_family, new_token, parse_token
from .authorization_request import AuthorizationRequest
from .interaction_data import Interaction
from .new_login import may_demand_login
from .unusable import (
    KNOWN,
    UNEXPIRED,
    ExpiredInteraction,
    ForeignInteraction,
    UnusableInteraction,
    UsedInteraction,
)

WINDOW = 30  # seconds for which the response to a decision is repeated
KEPT = 2 * 3600  # seconds for which a page that a user has opened leads back to the client


def any_login(request: AuthorizationRequest, at: int) -> bool:
    """Whether any login is what a request demands."""
    return not may_demand_login(request)


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


def end_of(interaction: Interaction, token: Token) -> int:
    """Until when the user can decide, in UTC seconds.

    :param token: the record of the interaction, which may stay for longer.
    """
    return token.expires_at if interaction.ends_at is None else interaction.ends_at


def _kept(interaction: Interaction, end: int) -> tuple[Interaction, int]:
    """The interaction that can be decided until *end*, and the end of its record."""
    if interaction.subject is None:
        # Anyone can have a request stored: it must not take up space for hours.
        return interaction, end
    return replace(interaction, ends_at=end), end + KEPT


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
    end = now + (server.lifetimes.interaction if lifetime is None else lifetime)
    interaction, expires_at = _kept(interaction, end)
    if handle is None:
        handle = new_token(INTERACTION, new_family(server.random), server.random)
    kind, family, digest = handle.ref
    token = Token(
        kind,
        family,
        digest,
        issued_at=now,
        expires_at=expires_at,
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
    is_login_enough: Callable[[AuthorizationRequest, int], bool] = any_login,
) -> OpenInteraction:
    """Find the interaction of a handle.

    :param new: whether the browser sent no cookie.
    :param bind: whether to bind it to this browser and user where it is not
        yet. A decision does not: its page was shown before.
    :param new_login_since: when a login was demanded that the user has made since. A request
        that demands one is not bound to a user without it: another user may log in.
    :param is_login_enough: whether the user's login is what a request demands that began at
        that time, in UTC seconds.
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
        if is_login_enough(interaction.request, found.token.issued_at):
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
        interaction = interaction_of(server, token.data)
        _check_usable(server, token, end_of(interaction, token))
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
        until = end_of(before, token)
        _check_usable(server, token, until)
        after = change(OpenInteraction(before, token))
        if after == before:
            return OpenInteraction(before, token)
        # Compare and swap: of two users who open it at once, it is bound to one.
        if end is not None and not before.browser:
            until = max(end, until)
        after, expires_at = _kept(after, until)
        changes: TokenChanges = {"data": after.encode(), "expires_at": expires_at}
        if not until_known(partial(server.grants.amend, token.ref, token.version, changes)):
            contention.lost()


def _find(server: Server, handle: str) -> Token:
    ref = parse_token(handle)
    found = server.grants.find(ref) if ref and ref.kind == INTERACTION else None
    if found is None:
        raise ExpiredInteraction("This page has expired.", refusal=KNOWN)
    token, _ = found
    # Before it is read: also one of another version is used or expired.
    _check_usable(server, token, token.expires_at)
    return token


def _check_usable(server: Server, token: Token, end: int) -> None:
    if token.consumed_at is not None or token.revoked_at is not None:
        raise UsedInteraction("This page was used already.", token=token)
    if end <= server.clock():
        refusal = UNEXPIRED.comparing(expires_at=end, now=server.clock())
        raise ExpiredInteraction("This page has expired.", refusal=refusal, token=token)

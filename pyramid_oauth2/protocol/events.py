"""What happened: what a subscriber of the application hears, and the audit log writes down.

Each event is told after the store committed, so nothing that hears it can take
it back. With ``oauth2.sqlalchemy.session`` ClientChanged is the exception: the
request's transaction is still open then, so a client that is rolled back
afterwards was told of too. None carries a token, a secret or a password, nor
anything that a stranger wrote.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from zope.interface import implementer

from ..interfaces.application import IOAuth2Event

if TYPE_CHECKING:
    from .records import Grant


@implementer(IOAuth2Event)
@dataclass(frozen=True, slots=True, kw_only=True)
class OAuth2Event:
    """What every event has.

    ``request`` is the one that it happened in, None at the command line.
    ``redelivered`` says that subscribers heard of it before: pyramid_retry runs the
    request again. What they wrote in its transaction then was rolled back;
    what they did elsewhere, such as sending a mail, was not.
    """

    # What the repr leaves out is not written down anywhere.
    request: Any = field(default=None, repr=False)
    redelivered: bool = field(default=False, repr=False)


Emit = Callable[[OAuth2Event], None]
"""Where the protocol says what happened. Whoever listens hears it once it is done."""


def emit_nothing(event: OAuth2Event) -> None:
    """For code that nobody listens to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenIssued(OAuth2Event):
    """Tokens were issued.

    ``grant_type`` is that of the token request, or ``implicit``. ``subject``
    and ``grant_id`` are None for a client that acts for itself. ``expires_in``
    is the life of the access token in seconds.
    """

    client_id: str
    grant_type: str
    subject: str | None
    scope: frozenset[str]
    expires_in: int
    grant_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRefused(OAuth2Event):
    """A client that had authenticated got no token. ``error`` is the code it was told."""

    client_id: str
    grant_type: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRevoked(OAuth2Event):
    """A client revoked one access token (RFC 7009)."""

    client_id: str
    subject: str | None
    grant_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantEvent(OAuth2Event):
    """Something happened to what one user allowed one client."""

    grant_id: str
    client_id: str
    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantRevoked(GrantEvent):
    """A grant ended, and with it every token that was issued for it.

    ``reason`` is one of a few fixed texts, never made of data: metrics count by it.
    """

    reason: str


class CodeReplayed(GrantEvent):
    """A code was used a second time, with every proof: somebody else may have it."""

    __slots__ = ()


class RefreshRepeated(GrantEvent):
    """A refresh was asked again within the grace, and got the same answer again."""

    __slots__ = ()


class RefreshReused(GrantEvent):
    """A spent refresh token was used: somebody else may have it."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentGiven(OAuth2Event):
    """A user allowed a client something on the consent page."""

    client_id: str
    subject: str
    scope: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentWithdrawn(OAuth2Event):
    """A user took back what a client was allowed."""

    client_id: str
    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientAuthenticationFailed(OAuth2Event):
    """Somebody said to be a client, and did not prove it.

    ``client_id`` is None where no such client is registered: what a stranger
    sends in its place may be a secret in the wrong field. ``remote_addr`` is
    the address that the request came from.
    """

    client_id: str | None
    method: str
    remote_addr: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptsThrottled(OAuth2Event):
    """There were too many attempts from one source, which has to wait now.

    Told once by each process and window, not for each attempt that is refused
    then. ``limit`` is ``clients``, ``passwords``, ``rotations``,
    ``interactions`` or ``registrations``, as in ``oauth2.throttle.clients``.
    ``client_id`` is None where no such client is registered. ``subject`` is the
    user whom ``registrations`` counts; whose password was guessed at is not said,
    since anybody may write any name.
    """

    limit: str
    client_id: str | None
    remote_addr: str | None
    subject: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientChanged(OAuth2Event):
    """A client was registered or changed; ``change`` says how, in a word or two."""

    client_id: str
    change: str


def grant_event(kind: type[GrantEvent], grant: Grant, **more: Any) -> GrantEvent:
    """The event of that kind about *grant*."""
    return kind(grant_id=grant.id, client_id=grant.client_id, subject=grant.subject, **more)

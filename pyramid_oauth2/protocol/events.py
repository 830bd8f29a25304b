"""The events that subscribers of the application receive and that the audit log records.

Each event is emitted after the store committed, so no subscriber can undo it. The exception is
ClientChanged under ``oauth2.sqlalchemy.session``: the request's transaction is still open then, so
the event is also emitted for a client that is rolled back afterwards. No event carries a token, a
secret or a password, nor any text written by an unauthenticated caller; except that a refusal shows
what was compared, masked, escaped and shortened.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from zope.interface import implementer

from ..interfaces.application import IOAuth2Event
from .refusal import Refusal

if TYPE_CHECKING:
    from .records import Grant


@implementer(IOAuth2Event)
@dataclass(frozen=True, slots=True, kw_only=True)
class OAuth2Event:
    """The fields of every event.

    ``request`` is the request that it happened in, None at the command line.
    ``redelivered`` says that the event was emitted before: pyramid_retry runs
    the request again. What subscribers wrote in its first transaction was rolled
    back; other effects, such as sending a mail, were not.
    """

    # What the repr leaves out is not logged anywhere. Any, because subscribers use the
    # attributes that their application adds to its requests.
    request: Any | None = field(default=None, repr=False)
    redelivered: bool = field(default=False, repr=False)


Emit = Callable[[OAuth2Event], None]
"""Receives the events of the protocol, to be delivered once the operation is done."""


def emit_nothing(event: OAuth2Event) -> None:
    """An :data:`Emit` for code without subscribers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenIssued(OAuth2Event):
    """Tokens were issued.

    ``grant_type`` is that of the token request, or ``implicit``. ``subject``
    and ``grant_id`` are None for a client that acts for itself. ``expires_in``
    is the life of the access token in seconds. ``resources`` are the APIs that it is
    for; None if it is for no API with a name.
    """

    client_id: str
    grant_type: str
    subject: str | None
    scope: frozenset[str]
    expires_in: int
    grant_id: str | None = None
    resources: frozenset[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRefused(OAuth2Event):
    """An authenticated client got no token. ``error`` is the error code of the response.

    ``refusal`` is the check that refused, and what it compared; the response has less.
    """

    client_id: str
    grant_type: str
    error: str
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationRefused(OAuth2Event):
    """An authorization request of a known client was refused. Anyone can send one.

    ``error`` is the error code, whether it was sent to the client or shown to the user.
    ``refusal`` is the check that refused, and what it compared; the response has less.
    The user's own denial is no such event, nor are too many requests, nor a page that can
    no longer be used.
    """

    client_id: str
    error: str
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationRefused(OAuth2Event):
    """A client could not register itself, or change its registration; ``refusal`` says why.

    ``client_id`` is None for one that registers. Anyone can send a request; too many are no event.
    """

    error: str
    client_id: str | None = None
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IntrospectionRefused(OAuth2Event):
    """A client introspected a valid access token of another client (RFC 7662).

    It is not registered as a resource server, so the response was that to an unknown token.
    ``refusal`` is the check that refused, and what it compared.
    """

    client_id: str
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRevoked(OAuth2Event):
    """A client revoked one access token (RFC 7009)."""

    client_id: str
    subject: str | None
    grant_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantEvent(OAuth2Event):
    """An event about what one user allowed one client."""

    grant_id: str
    client_id: str
    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantRevoked(GrantEvent):
    """A grant ended, and with it every token that was issued for it.

    ``reason`` is one of a few fixed texts, never built from data: metrics use it as a label.
    """

    reason: str


class CodeReplayed(GrantEvent):
    """A code was used a second time, with every proof: an attacker may have it."""

    __slots__ = ()


class CodeRepeated(GrantEvent):
    """A code was redeemed again within ``oauth2.authorization_code_grace``, by the same client.

    It got the same response again.
    """

    __slots__ = ()


class RefreshRepeated(GrantEvent):
    """A refresh request was repeated within the grace period and got the same response again."""

    __slots__ = ()


class RefreshReused(GrantEvent):
    """A spent refresh token was used again: an attacker may have it."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentGiven(OAuth2Event):
    """A user allowed a client something on the consent page."""

    client_id: str
    subject: str
    scope: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentWithdrawn(OAuth2Event):
    """All that a user allowed a client has ended: its grants, and the remembered consent.

    ``reason`` is a fixed text, as that of :class:`GrantRevoked`: by whom, or why.
    """

    client_id: str
    subject: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UserForgotten(OAuth2Event):
    """Everything of a user has ended, because the account was deleted.

    ``grants``, ``consents`` and ``clients`` are how many of each this call ended, each of
    which has an event of its own. ``clients`` are those that the user owned, now disabled.
    """

    subject: str
    grants: int
    consents: int
    clients: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionEnded(OAuth2Event):
    """A session of a user has ended: the grants that were given in it, except for offline access.

    ``sid`` is its identifier, as every client knows it that is not pairwise, ``clients`` the
    client_ids of those in which the user had signed in, and ``grants`` how many grants this ended,
    each of which has an event of its own. ``reason`` is a fixed text, as that of
    :class:`GrantRevoked`.
    """

    subject: str
    sid: str
    clients: frozenset[str]
    grants: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogoutNotDelivered(OAuth2Event):
    """A client could not be notified that a session has ended: each attempt failed.

    ``sid`` is the identifier of the session, as in :class:`SessionEnded`, and ``error`` what was
    wrong at the last attempt, in a few words. The user may still be signed in there.
    """

    client_id: str
    subject: str
    sid: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentFetched(OAuth2Event):
    """The server has requested a document that a client, or its metadata, names.

    ``purpose`` is the name of what names it: ``client_id``, ``jwks_uri``, or
    ``sector_identifier_uri``. ``error`` is why there is no usable document, in a few words; None
    if there is one. A user was signed in, a client signed, or an operator wanted it.
    """

    url: str
    purpose: str
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientAuthenticationFailed(OAuth2Event):
    """A request claimed to come from a client and failed to prove it.

    ``client_id`` is None where no such client is registered: the text that was
    sent may be a secret in the wrong field. ``remote_addr`` is the address that
    the request came from. ``refusal`` is the check that refused; the response is
    the same for all of them.
    """

    client_id: str | None
    method: str
    remote_addr: str | None
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptsThrottled(OAuth2Event):
    """There were too many attempts from one source, which is now blocked.

    Emitted once per process and window, not for each refused attempt. ``limit``
    is ``clients``, ``passwords``, ``rotations``, ``interactions`` or
    ``registrations``, as in ``oauth2.throttle.clients``; or ``fetches``. ``client_id`` is None
    where no such client is registered. ``subject`` is the user whose
    ``registrations`` are counted. The user name of a guessed password is left
    out, since an attacker can send any name.
    """

    limit: str
    client_id: str | None
    remote_addr: str | None
    subject: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientChanged(OAuth2Event):
    """A client was registered or changed; ``change`` says how, in one or two words."""

    client_id: str
    change: str


def grant_event(kind: type[GrantEvent], grant: Grant, **more: Any) -> GrantEvent:
    """Return the event of type *kind* about *grant*."""
    return kind(grant_id=grant.id, client_id=grant.client_id, subject=grant.subject, **more)

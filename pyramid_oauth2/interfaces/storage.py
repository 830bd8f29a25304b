"""Where state lives: what a backend and each of its stores must hold.

A backend is chosen by ini: ``oauth2.backend = sqlalchemy | redis | memory``, or
a dotted name that is included and registers itself by that name with
``config.add_oauth2_backend``. It proves itself with the suite in
:mod:`pyramid_oauth2.backends.contract`.

Rules that hold for every store:

* Each operation is atomic, commits by itself, and is as durable when it
  returns as its engine is configured to be, whatever becomes of the request.
* Time is the caller's: ``now`` and every ``*_at`` are integer UTC seconds.
  Whether a record counts is decided by comparing with ``now``; a time-to-live
  in the store is only garbage collection.
* A store touches its server when it is used, not when it is made.
* A store that cannot answer raises
  :exc:`~pyramid_oauth2.protocol.records.StoreUnavailable`.
* A cursor is an opaque string, which may come back from a URL: a listing
  answers one that somebody made up with some page or a ``ValueError``. A
  listing is complete for what is there throughout; its order is unspecified
  unless said.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from zope.interface import Attribute, Interface

if TYPE_CHECKING:
    from ..protocol.records import (
        Client,
        Consent,
        Grant,
        Page,
        Purged,
        Redemption,
        Reservation,
        SealedAnswer,
        Token,
        TokenChanges,
        TokenRef,
    )
    from ..settings import Settings


class IBackend(Interface):
    """Where state lives. A role that the backend does not fill is None.

    A backend may also have ``clients_of_request(request)``, which returns an
    :class:`IClientStore` whose writes are part of the request's own transaction;
    and ``attempt_storage()``, by which all processes count attempts together:
    an object with ``incr(key, expiry)``, which counts one more and returns how
    many there are in the window of *expiry* seconds that the first one began,
    and ``get_expiry(key)``, the end of that window as ``time.time()`` counts.
    """

    clients = Attribute("an :class:`IClientStore` or None")
    grants = Attribute("an :class:`IGrantStore` or None")
    consents = Attribute("an :class:`IConsentStore` or None")

    def check() -> Iterable[str]:
        """Look whether the store can be relied on.

        :return: warnings, a sentence each.
        :raises StoreUnavailable: it cannot be used as it is; says what to change.
        """

    def close() -> None:
        """Give back every connection. The backend may be used again afterwards."""


class IBackendFactory(Interface):
    """Makes a backend once, at start-up; registered with ``config.add_oauth2_backend``."""

    def __call__(settings: Settings) -> IBackend:
        """Return the backend.

        :raises pyramid.exceptions.ConfigurationError: a setting is wrong; the
            message names it and the cure.
        """


class IClientStore(Interface):
    """The registered clients."""

    def get(client_id: str) -> Client | None:
        """The client, also a disabled one; None for an unknown or deleted one."""

    def add(client: Client) -> None:
        """Insert *client*.

        :raises DuplicateRecord: the client_id is or was in use.
        """

    def edit(client_id: str, version: int, changes: Mapping[str, Any]) -> bool:
        """Change fields of the client if its version is still *version* (compare and swap).

        ``version`` becomes one more. ``client_id``, ``version``, ``epoch`` and
        ``created_at`` cannot be changed.

        :param changes: :class:`Client` field names and their new values.
        :raises ValueError: an unknown or fixed field.
        """

    def raise_epoch(client_id: str, now: int, disabled_at: int | None = None) -> int | None:
        """Take away everything the client was ever given, in O(1).

        ``epoch`` and ``version`` become one more, ``updated_at`` *now*;
        ``disabled_at`` is set where given and else left.

        :return: the new epoch, None for an unknown client.
        """

    def delete(client_id: str, now: int) -> bool:
        """Delete the client and leave a tombstone: its client_id is never used again.

        :return: whether it was there.
        """

    def search(
        owner: str | None = None,
        prefix: str | None = None,
        sort: str = "client_name",
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[Client]:
        """List clients in order, without reading them all.

        :param owner: only this owner's.
        :param prefix: only those whose client_id is *prefix* or whose
            client_name begins with it in any letter case.
        :param sort: ``client_name`` (in any case) or ``created_at``, each then
            by client_id.
        """

    def export(cursor: str | None = None, limit: int = 500) -> Page[Client | str]:
        """Everything, for a copy: clients, and the bare client_id for a tombstone."""

    def import_(records: Iterable[Client | str]) -> int:
        """Insert what is not there, tombstones too; return how many were new."""


class IGrantStore(Interface):
    """Grants, and every token that is issued for them or stands alone.

    A store whose records end by themselves has ``expires_itself = True``; then
    issuing does not sweep it.
    """

    def open(grant: Grant | None, tokens: Iterable[Token], now: int) -> bool:
        """Insert a new grant and its first tokens, or tokens that stand alone: all or nothing.

        :return: False if :meth:`revoke_subject` ended the grant on its way, which
            happens only in a store that lists a grant before it writes it; one
            that opens in a single step never returns it.
        :raises DuplicateRecord: the grant or one of the digests exists.
        """

    def find(ref: TokenRef) -> tuple[Token, Grant | None] | None:
        """The token and its grant in one read, also if dead, consumed or expired.

        The grant is None for a token that stands alone, and for one whose
        grant is gone: compare ``token.grant_id``.
        """

    def add(grant_id: str, tokens: Iterable[Token], now: int) -> bool:
        """Insert tokens of a grant if it is there, not revoked and not expired at *now*.

        :raises DuplicateRecord: one of the digests exists.
        """

    def redeem(
        token: Token,
        now: int,
        attempt: str,
        produce: Iterable[Token],
        grant: Grant | None = None,
        grant_expires_at: int | None = None,
        sealed_answer: SealedAnswer | None = None,
        retire: Iterable[TokenRef] = (),
    ) -> Redemption:
        """Spend a token once: the atomic primitive under every flow.

        The state of *token* is read again inside. The outcome, by first match:
        ``MISSING``; ``DEAD`` (the token or its grant is revoked, or its grant
        is gone, or *grant* was ended on its way: see :meth:`open`); ``CONSUMED``;
        ``EXPIRED``; ``WON``. Only ``WON`` writes: the token is consumed at
        *now* by *attempt* and keeps *sealed_answer*, its parent's sealed
        answer is cleared, *produce* (and *grant*, of the same family) is
        inserted, the end of the token's grant moves to *grant_expires_at* if that is
        later (never beyond its ``absolute_end``), *retire* is revoked.

        Of any number of attempts exactly one wins, and it wins again when it
        is repeated, so that it may be retried after a lost answer. Linearizable
        with :meth:`revoke_grant`: either the attempt is refused, or what it
        produced is dead. The grant's own end is not looked at: the caller keeps
        every token's end within it.

        :param attempt: identifies the caller's try; random, at least 128 bits.
        :raises DuplicateRecord: a digest of *produce*, or *grant*, exists.
        :raises ValueError: something belongs to another family.
        """

    def amend(ref: TokenRef, version: int, changes: TokenChanges) -> bool:
        """Change a token that is neither consumed nor revoked, if its version is still *version*.

        ``version`` becomes one more.

        :raises ValueError: a field other than those of ``TokenChanges``.
        """

    def revoke_grant(grant_id: str, now: int, reason: str) -> bool:
        """Revoke the grant and so everything issued for it, in O(1); the first reason stays.

        Seen by every find, redeem and add that begins after it returned.

        :return: whether this call did it.
        """

    def revoke_token(ref: TokenRef, now: int) -> bool:
        """Revoke one token, in O(1).

        :return: whether this call did it.
        """

    def revoke_subject(subject: str, now: int, reason: str, client_id: str | None = None) -> int:
        """Revoke all of a user's grants (those for one client, where given).

        :return: how many grants this call revoked.
        """

    def reserve(namespace: str, digest: bytes, expires_at: int, now: int) -> bool:
        """Claim a value until *expires_at*: True for exactly one caller.

        An expired claim is no claim.
        """

    def grants(
        subject: str | None = None,
        client_id: str | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[Grant]:
        """List the grants of a user, of a client, or of both together. May show dead ones.

        :raises ValueError: neither is given.
        """

    def tokens(grant_id: str, cursor: str | None = None, limit: int = 50) -> Page[Token]:
        """List the tokens of a grant. May show dead ones."""

    def purge(now: int, limit: int = 1000) -> Purged:
        """Remove what can mean nothing any more, at most *limit* records.

        A token goes at :func:`~pyramid_oauth2.protocol.records.kept_until`, a
        grant and a reservation at their end, a sealed answer at its own.
        """

    def export(cursor: str | None = None, limit: int = 500) -> Page[Grant | Token | Reservation]:
        """Everything, for a copy."""

    def import_(records: Iterable[Grant | Token | Reservation]) -> int:
        """Insert what is not there; return how many were new."""


class IConsentStore(Interface):
    """What users allowed for next time."""

    def get(subject: str, client_id: str) -> Consent | None:
        """The consent, also an expired one."""

    def put(consent: Consent, version: int | None) -> bool:
        """Insert (*version* None) or replace if its version is still *version*.

        What is kept has ``version`` 0 after an insert and *version* + 1 after
        a replacement.

        :return: False if it was there already, or changed meanwhile.
        """

    def forget(subject: str, client_id: str) -> bool:
        """Remove it; return whether it was there."""

    def list(
        subject: str | None = None,
        client_id: str | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[Consent]:
        """List a user's or a client's consents.

        :raises ValueError: not exactly one of the two is given.
        """

    def purge(now: int, limit: int = 1000) -> Purged:
        """Remove expired consents, at most *limit*."""

    def export(cursor: str | None = None, limit: int = 500) -> Page[Consent]:
        """Everything, for a copy."""

    def import_(records: Iterable[Consent]) -> int:
        """Insert what is not there; return how many were new."""

"""The storage interfaces: what a backend and each of its stores must provide.

A backend is selected in the ini: ``oauth2.backend = sqlalchemy | redis | memory``, or a dotted
name that is included and registers itself under that name with ``config.add_oauth2_backend``. The
suite in :mod:`pyramid_oauth2.backends.contract` tests whether a backend keeps this contract.

Rules for every store:

* Each operation is atomic and commits by itself. When it returns, its result is as
  durable as the engine is configured to be, also if the request fails afterwards.
* The caller supplies the time: ``now`` and every ``*_at`` are integer UTC seconds.
  Whether a record is valid is decided by comparing with ``now``; a time-to-live in the
  store is only garbage collection.
* A store that removes expired records by itself has ``expires_itself = True``; issuing
  tokens then does not purge it.
* A store connects to its server when it is used, not when it is created.
* A store that cannot answer raises :exc:`~pyramid_oauth2.protocol.records.StoreUnavailable`. If
  it may have written, as when the connection broke after a request was sent, it is
  :exc:`~pyramid_oauth2.protocol.records.OutcomeUnknown`: the protocol then repeats the call.
* A cursor is an opaque string, which may come from a URL. A text without its exact form is
  :exc:`~pyramid_oauth2.protocol.listings.NotACursor`, a ``limit`` below 1 a ``ValueError``. A
  listing is complete for records that exist throughout; its order is unspecified unless stated.
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
    """A storage backend. A role that the backend does not fill is None.

    ``entries`` may also be absent, since only a feature that uses entries needs it. A
    backend may also have ``clients_of_request(request)``, which returns an
    :class:`IClientStore` whose writes are part of the request's own transaction;
    and ``attempt_storage()``, with which all processes count attempts together. It
    returns an object with two methods: ``incr(key, expiry)`` counts one more attempt,
    and returns how many there are in the window of *expiry* seconds that the first one
    began; ``get_expiry(key)`` returns the end of that window on the clock of ``time.time()``.
    """

    clients = Attribute("an :class:`IClientStore` or None")
    grants = Attribute("an :class:`IGrantStore` or None")
    consents = Attribute("an :class:`IConsentStore` or None")
    entries = Attribute("an :class:`~pyramid_oauth2.interfaces.IEntryStore` or None")

    def check() -> Iterable[str]:
        """Check whether the store can be used safely.

        :return: warnings, a sentence each.
        :raises StoreUnavailable: it cannot be used as it is; the message says what to change.
        """

    def close() -> None:
        """Close every connection. The backend may be used again afterwards."""


class IBackendFactory(Interface):
    """Creates a backend once, at start-up; registered with ``config.add_oauth2_backend``."""

    def __call__(settings: Settings) -> IBackend:
        """Return the backend.

        :raises pyramid.exceptions.ConfigurationError: a setting is wrong; the message
            names it and says how to correct it.
        """


class IClientStore(Interface):
    """The registered clients."""

    def get(client_id: str) -> Client | None:
        """Return the client, also a disabled one; None for an unknown or deleted one."""

    def was_deleted(client_id: str) -> bool:
        """Whether :meth:`delete` has left a tombstone of that client_id."""

    def add(client: Client) -> None:
        """Insert *client*.

        :raises DuplicateRecord: the client_id is or was in use.
        """

    def edit(client_id: str, version: int, changes: Mapping[str, Any]) -> bool:
        """Change fields of the client if its version is still *version* (compare and swap).

        ``version`` is incremented. ``client_id``, ``version``, ``epoch`` and ``created_at``
        cannot be changed.

        :param changes: :class:`Client` field names and their new values.
        :return: whether it was changed.
        :raises ValueError: a field is unknown or cannot be changed.
        """

    def raise_epoch(client_id: str, now: int, disabled_at: int | None = None) -> int | None:
        """Revoke everything the client was ever given, in O(1).

        ``epoch`` and ``version`` are incremented, ``updated_at`` becomes *now*;
        ``disabled_at`` is set if given, otherwise it stays as it is.

        :return: the new epoch, None for an unknown client.
        """

    def delete(client_id: str, now: int) -> bool:
        """Replace the client by a tombstone, which stays; return whether the client existed."""

    def forget(client_id: str) -> bool:
        """Remove the tombstone of a client_id that is never drawn again; return whether it was."""

    def search(
        owner: str | None = None,
        prefix: str | None = None,
        sort: str = "client_name",
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[Client]:
        """List clients in order, without reading them all.

        :param owner: only clients of this owner.
        :param prefix: only clients whose client_id is *prefix*, or whose client_name
            begins with it, ignoring case.
        :param sort: ``client_name`` (ignoring case) or ``created_at``, each then by client_id.
        """

    def export(cursor: str | None = None, limit: int = 500) -> Page[Client | str]:
        """Return a page of everything, for a copy: clients, and client_ids for tombstones."""

    def import_(records: Iterable[Client | str]) -> int:
        """Insert what does not exist, tombstones too; return how many were new."""


class IGrantStore(Interface):
    """Grants, and every token, whether issued for a grant or standing alone."""

    def open(grant: Grant | None, tokens: Iterable[Token], now: int) -> bool:
        """Insert a new grant and its first tokens, or tokens that stand alone: all or nothing.

        :return: False if :meth:`revoke_subject` revoked the grant while it was being opened,
            which is only possible in a store that lists a grant before it writes it. Such a store
            also refuses one created a few seconds later, in case two callers' clocks differ.
        :raises DuplicateRecord: the grant or one of the digests exists.
        """

    def find(ref: TokenRef) -> tuple[Token, Grant | None] | None:
        """Return the token and its grant in one read, also if revoked, consumed or expired.

        The grant is None for a token that stands alone, and for one whose grant is gone:
        ``token.grant_id`` distinguishes the two.
        """

    def add(grant_id: str, tokens: Iterable[Token], now: int) -> bool:
        """Insert tokens of a grant if it exists, and is not revoked and not expired at *now*.

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
        """Spend a token once: the atomic primitive that every flow uses.

        The state of *token* is read again within the operation. The outcome is the first
        that applies: ``MISSING``; ``DEAD`` (the token or its grant is revoked, or its grant
        is gone, or *grant* was revoked while it was being opened: see :meth:`open`);
        ``CONSUMED``; ``EXPIRED``; ``WON``. Only ``WON`` writes: the token is consumed at
        *now* by *attempt* and stores *sealed_answer*, its parent's sealed answer is
        cleared, *produce* (and *grant*, of the same family) is inserted, the end of the
        token's grant becomes *grant_expires_at* if that is later (but never beyond its
        ``absolute_end``), *retire* is revoked.

        Of any number of attempts exactly one wins, and it wins again when it is repeated,
        as it is after a lost response (``OutcomeUnknown``). It is linearizable with
        :meth:`revoke_grant`: either the attempt is refused, or what it produced is dead.
        The end of the grant is not checked: the caller keeps the end of every token within it.

        :param attempt: identifies the caller's attempt; random, at least 128 bits.
        :raises DuplicateRecord: a digest of *produce*, or *grant*, exists.
        :raises ValueError: one of the records belongs to another family.
        """

    def amend(ref: TokenRef, version: int, changes: TokenChanges) -> bool:
        """Change a token that is neither consumed nor revoked, if its version is still *version*.

        :return: whether it was changed; its ``version`` is then incremented.
        :raises ValueError: a field other than those of ``TokenChanges``.
        """

    def revoke_grant(grant_id: str, now: int, reason: str) -> bool:
        """Revoke the grant and so everything issued for it, in O(1); the first reason is kept.

        Every find, redeem and add that begins after it returned sees the revocation.

        :return: whether this call revoked it.
        """

    def revoke_token(ref: TokenRef, now: int) -> bool:
        """Revoke one token, in O(1); return whether this call revoked it."""

    def revoke_subject(subject: str, now: int, reason: str, client_id: str | None = None) -> int:
        """Revoke the grants of a user and of no other, or those for one client; return how many."""

    def reserve(namespace: str, digest: bytes, expires_at: int, now: int) -> bool:
        """Claim a value until *expires_at*; True for one call only. An expired claim is void.

        *namespace* has at most 64 characters, and *digest* 1 to 64 bytes, each of which counts.
        """

    def grants(
        subject: str | None = None,
        client_id: str | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[Grant]:
        """List a user's, a client's, or of both (else ``ValueError``); also invalid ones."""

    def tokens(grant_id: str, cursor: str | None = None, limit: int = 50) -> Page[Token]:
        """List the tokens of a grant; may include invalid ones."""

    def purge(now: int, limit: int = 1000) -> Purged:
        """Remove records that have no effect any more, at most *limit*.

        A token is removed at :func:`~pyramid_oauth2.protocol.records.kept_until`, and stays
        in :meth:`find` and :meth:`tokens` until then, also in a store that removes records by
        itself. A grant and a reservation are removed at their end. A sealed answer is
        cleared at its own end. A :meth:`redeem` that is under way may extend a grant that
        ends at this moment: then its spent tokens stay, or it can no longer be extended.
        """

    def export(cursor: str | None = None, limit: int = 500) -> Page[Grant | Token | Reservation]:
        """Return a page of everything, for a copy."""

    def import_(records: Iterable[Grant | Token | Reservation]) -> int:
        """Insert what does not exist, one by one; return how many were new.

        A grant that :meth:`revoke_subject` revokes meanwhile may be left out, as for :meth:`open`.
        """


class IConsentStore(Interface):
    """What users allowed for future requests."""

    def get(subject: str, client_id: str) -> Consent | None:
        """Return the consent, also an expired one."""

    def put(consent: Consent, version: int | None) -> bool:
        """Insert (*version* None), or replace if its version is still *version*.

        The stored ``version`` is 0 after an insert, and *version* + 1 after a replacement.

        :return: False if it exists already, or was changed meanwhile.
        """

    def forget(subject: str, client_id: str) -> bool:
        """Remove it; return whether it existed."""

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
        """Return a page of everything, for a copy."""

    def import_(records: Iterable[Consent]) -> int:
        """Insert what does not exist; return how many were new."""

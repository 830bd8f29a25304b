"""What the server stores: immutable records that are passed between protocol and stores.

Field names of :class:`Client` are those of RFC 7591 where it has one. Every
time is an integer of UTC seconds up to the year 9999, and every interval is
half open: a record whose ``expires_at`` equals *now* has expired.

A record is validated when it is created, so a store never receives an
identifier that it could not return unchanged: a client_id has at most 512
characters, and 1536 bytes in UTF-8; a subject at most 255 characters, like the
key of an entry, whose namespace has at most 64.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Generic, NamedTuple, TypedDict, TypeVar

from .identifiers import check_identifier as check_identifier
from .identifiers import check_time
from .store_errors import DuplicateRecord as DuplicateRecord
from .store_errors import OutcomeUnknown as OutcomeUnknown
from .store_errors import StoreUnavailable as StoreUnavailable
from .token_kinds import ACCESS_TOKEN as ACCESS_TOKEN
from .token_kinds import AUTHORIZATION_CODE as AUTHORIZATION_CODE
from .token_kinds import INTERACTION as INTERACTION
from .token_kinds import REFRESH_TOKEN as REFRESH_TOKEN
from .token_kinds import is_remembered

CLIENT_ID_LENGTH = 512
SUBJECT_LENGTH = 255
NAMESPACE_LENGTH = 64
KEY_LENGTH = 255
DIGEST_SIZE = 32  # bytes of a SHA-256, by which a store knows a token
RESERVED_SIZE = 64  # bytes by which a store knows a value that may be used once, at most
# The ``data`` of a grant or consent of which the store cannot read what was allowed. It is no
# JSON, so each decoder of the protocol refuses it; the record can be listed, ended and copied.
UNREADABLE = b"unreadable"


@dataclass(frozen=True, slots=True)
class ClientSecret:
    """One stored secret of a client: never the secret itself.

    ``scheme`` says how ``digest`` was computed: ``sha256`` for a secret that this
    server generated at random, ``argon2id`` for one that a person chose.
    """

    digest: bytes = field(repr=False)
    scheme: str
    created_at: int
    expires_at: int | None = None


@dataclass(frozen=True, slots=True)
class Client:
    """An application that may request tokens (RFC 6749 section 2, RFC 7591 section 2).

    A client whose ``token_endpoint_auth_method`` is ``none`` is public.
    ``scope`` is the most that it may be granted (empty: the server's default
    scopes only); ``optional_scope`` is what a user may untick. ``consent`` is
    ``remember``, ``ask`` or ``skip``. ``lifetimes`` overrides the server's,
    in seconds, by kind of token. ``owner`` is the subject of the user who owns it.

    Raising ``epoch`` revokes all of the client's rights in one step:
    everything that was issued under a lower epoch is refused from then on.
    """

    client_id: str
    client_name: str = ""
    client_secrets: tuple[ClientSecret, ...] = ()
    client_uri: str | None = None
    logo_uri: str | None = None
    redirect_uris: tuple[str, ...] = ()
    grant_types: tuple[str, ...] = ("authorization_code",)
    response_types: tuple[str, ...] = ("code",)
    scope: frozenset[str] = frozenset()
    token_endpoint_auth_method: str = "client_secret_basic"
    contacts: tuple[str, ...] = ()
    tos_uri: str | None = None
    policy_uri: str | None = None
    jwks: Mapping[str, Any] | None = None
    jwks_uri: str | None = None
    owner: str | None = None
    consent: str = "remember"
    optional_scope: frozenset[str] = frozenset()
    require_pkce: bool = True
    resource_server: bool = False
    lifetimes: Mapping[str, int] = field(default_factory=dict)
    allowed_origins: tuple[str, ...] = ()
    created_at: int = 0
    updated_at: int = 0
    disabled_at: int | None = None
    version: int = 0
    epoch: int = 0
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_identifier("client_id", self.client_id, CLIENT_ID_LENGTH)
        if self.owner is not None:
            check_identifier("owner", self.owner, SUBJECT_LENGTH)

    @property
    def public(self) -> bool:
        """Whether it cannot keep a secret (RFC 6749 section 2.1)."""
        return self.token_endpoint_auth_method == "none"


@dataclass(frozen=True, slots=True)
class Grant:
    """What one resource owner allowed one client, once.

    Its ``id`` is the *family* of every token issued for it, and its end limits
    theirs: ``token.expires_at <= expires_at <= absolute_end``. ``data`` is
    opaque to the store.
    """

    id: str
    client_id: str
    epoch: int
    subject: str
    scope: frozenset[str]
    created_at: int
    expires_at: int
    absolute_end: int
    resources: tuple[str, ...] = ()
    revoked_at: int | None = None
    revoke_reason: str | None = None
    data: bytes = field(default=b"", repr=False)

    def __post_init__(self) -> None:
        check_identifier("subject", self.subject, SUBJECT_LENGTH)
        check_identifier("client_id", self.client_id, CLIENT_ID_LENGTH)


class TokenRef(NamedTuple):
    """Where a token is stored, computed from the token string without a look-up."""

    kind: str
    family: str
    digest: bytes

    def __repr__(self) -> str:
        return f"TokenRef(kind={self.kind!r}, family={self.family!r})"


@dataclass(frozen=True, slots=True)
class SealedAnswer:
    """An encrypted response, stored so that a lost one can be repeated until ``expires_at``."""

    data: bytes = field(repr=False)
    expires_at: int


@dataclass(frozen=True, slots=True)
class Token:
    """Any transient record, of a ``kind``: a code, access token, refresh token or interaction.

    The store knows it by ``digest`` (SHA-256 of the token string) only.
    ``parent`` is the digest of the token that it was redeemed from.
    ``grant_id`` is the family if the token belongs to a grant, and None for a
    token that stands alone. ``data`` is opaque to the store.
    """

    kind: str
    family: str
    digest: bytes = field(repr=False)
    issued_at: int
    expires_at: int
    grant_id: str | None = None
    parent: bytes | None = field(default=None, repr=False)
    consumed_at: int | None = None
    attempt: str | None = None
    sealed_answer: SealedAnswer | None = field(default=None, repr=False)
    revoked_at: int | None = None
    version: int = 0
    data: bytes = field(default=b"", repr=False)

    def __post_init__(self) -> None:
        if self.grant_id not in (None, self.family):
            raise ValueError("grant_id is either the token's family or None")

    @property
    def ref(self) -> TokenRef:
        """Where it is stored."""
        return TokenRef(self.kind, self.family, self.digest)


class TokenChanges(TypedDict, total=False):
    """What :meth:`~pyramid_oauth2.interfaces.IGrantStore.amend` may change."""

    data: bytes
    expires_at: int


@dataclass(frozen=True, slots=True)
class Consent:
    """What one user allowed one client for future requests. ``data`` is opaque to the store."""

    subject: str
    client_id: str
    scope: frozenset[str]
    redirect_uri: str
    created_at: int
    expires_at: int
    resources: tuple[str, ...] = ()
    version: int = 0
    data: bytes = field(default=b"", repr=False)

    def __post_init__(self) -> None:
        check_identifier("subject", self.subject, SUBJECT_LENGTH)
        check_identifier("client_id", self.client_id, CLIENT_ID_LENGTH)


@dataclass(frozen=True, slots=True)
class Reservation:
    """A value that may be used once until ``expires_at``. Its ``SingleUse`` was checked."""

    namespace: str
    digest: bytes = field(repr=False)
    expires_at: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A small record of a feature, such as a signing key or a session.

    ``namespace`` is the feature's, ``key`` is unique within it, and may be a digest.
    ``owner`` is the subject of a user, or another name by which entries are listed.
    ``data`` is opaque to the store. An entry whose ``expires_at`` is None does not end.
    """

    namespace: str
    key: str = field(repr=False)
    owner: str | None = None
    data: bytes = field(default=b"", repr=False)
    version: int = 0
    expires_at: int | None = None

    def __post_init__(self) -> None:
        check_identifier("namespace", self.namespace, NAMESPACE_LENGTH)
        check_identifier("key", self.key, KEY_LENGTH)
        if self.owner is not None:
            check_identifier("owner", self.owner, SUBJECT_LENGTH)
        if self.expires_at is not None:
            check_time("expires_at", self.expires_at)


class Outcome(Enum):
    """The result of an attempt to redeem; the first that applies, in this order."""

    MISSING = "missing"
    DEAD = "dead"
    CONSUMED = "consumed"
    EXPIRED = "expired"
    WON = "won"


@dataclass(frozen=True, slots=True)
class Redemption:
    """The outcome, and for ``CONSUMED`` the token as the winner left it."""

    outcome: Outcome
    token: Token | None = None


@dataclass(frozen=True, slots=True)
class Purged:
    """How many records a purge removed, and whether it stopped at its limit."""

    removed: int
    more: bool


Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """One page of a listing; ``cursor`` requests the next one, None on the last page."""

    items: tuple[Item, ...]
    cursor: str | None = None


def kept_until(token: Token, grant_end: int | None) -> int:
    """When a store may remove *token* (UTC seconds): the latest of up to three ends.

    * its own end, and the end of its sealed answer, which would be lost with it;
    * of a spent one that is remembered, such as an authorization code, the end of its grant,
      since its replay must be detected for so long (RFC 6749 section 4.1.2).

    :param grant_end: the end of the token's grant, None if it has none.
    """
    answer = token.sealed_answer
    end = token.expires_at if answer is None else max(token.expires_at, answer.expires_at)
    if grant_end is not None and token.consumed_at is not None and is_remembered(token.kind):
        end = max(end, grant_end)
    return end

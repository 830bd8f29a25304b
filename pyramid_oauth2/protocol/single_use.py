"""Values that a request may use once: a voucher, the ``jti`` of an assertion or a proof."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from math import ceil
from typing import TYPE_CHECKING

from .clients.codecs import LAST_TIME
from .errors import InvalidGrant, OAuth2Error
from .lost_responses import until_known
from .records import NAMESPACE_LENGTH, RESERVED_SIZE, OutcomeUnknown, check_identifier
from .refusal import OWN_RULE, Refusal

if TYPE_CHECKING:
    from .server import Server

UNUSED = Refusal("value_unused", OWN_RULE, decided_by="reservation")


LEAST = 300  # seconds for which a value is reserved at least


@dataclass(frozen=True, slots=True)
class SingleUse:
    """A value that may be used once until ``expires_at``, in UTC seconds.

    A plug-in returns it; the core reserves it, after everything else was checked and before
    anything is spent.

    :param namespace: of the plug-in, at most 64 characters; values of two namespaces are never
        the same.
    :param digest: 1 to 64 bytes that identify the value.
    :param expires_at: may be the ``exp`` of a JWT (RFC 7519 section 2): a fraction is rounded
        up, and a time after the year 9999 becomes the last one before.
    :param error: is raised if the value was used before; the default is ``invalid_grant``.
    :raises ValueError: the namespace or the digest has another form.
    """

    namespace: str
    digest: bytes = field(repr=False)
    expires_at: int
    error: OAuth2Error | None = None

    def __post_init__(self) -> None:
        check_identifier("namespace", self.namespace, NAMESPACE_LENGTH)
        if not isinstance(self.digest, bytes) or not 1 <= len(self.digest) <= RESERVED_SIZE:
            raise ValueError(f"the digest has to be 1 to {RESERVED_SIZE} bytes")
        # In this order, a NaN is the last time too.
        end = max(0, min(LAST_TIME, self.expires_at))
        object.__setattr__(self, "expires_at", ceil(end))

    @classmethod
    def of(
        cls, namespace: str, value: str, expires_at: int, error: OAuth2Error | None = None
    ) -> SingleUse:
        """The use of a text, which is not stored itself."""
        return cls(namespace, hashlib.sha256(value.encode()).digest(), expires_at, error)

    @property
    def key(self) -> tuple[str, bytes]:
        """What identifies the value."""
        return self.namespace, self.digest


def reserve(
    server: Server, uses: Iterable[SingleUse], reserved: set[tuple[str, bytes]] | None = None
) -> None:
    """Reserve values that may be used once.

    A reservation does not say which request has made it. If the store's response is lost, and
    the value is taken then, the request gets 503 and the value stays reserved: the client uses
    another value in the next request, such as a proof with another ``jti``.

    :param reserved: the keys that this request has reserved, if it may be run again: those
        are its own, and no second use. Is added to.
    :raises OAuth2Error: one was used before; those before it stay reserved.
    :raises OutcomeUnknown: one is taken, perhaps by this request.
    """
    for use in uses:
        if reserved is not None and use.key in reserved:
            continue
        now = server.clock()
        # A proof may be accepted for a while after its end, since clocks differ. A reservation
        # that has ended when it is made would let it be used again.
        use = replace(use, expires_at=max(use.expires_at, now + LEAST))
        claim = partial(server.grants.reserve, use.namespace, use.digest, use.expires_at, now)
        if not _claimed(claim):
            raise use.error or InvalidGrant(
                "A value that can be used once was used already.",
                refusal=UNUSED.comparing(namespace=use.namespace),
            )
        if reserved is not None:
            reserved.add(use.key)


def _claimed(claim: Callable[[], bool]) -> bool:
    claimed = until_known(claim, lambda: claim() or None)
    if claimed is None:
        raise OutcomeUnknown("A value is reserved, perhaps by the call whose response was lost.")
    return claimed

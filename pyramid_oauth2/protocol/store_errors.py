"""What a store raises where it cannot do what was asked."""

from __future__ import annotations


class DuplicateRecord(Exception):
    """A record of that identity exists, or existed and left a tombstone. Nothing was written."""


class StoreUnavailable(Exception):
    """The store cannot answer now; the message says why. The caller decides whether to retry.

    It says nothing about the record: the response is 503, never ``invalid_grant``.
    """


class WritesRefused(StoreUnavailable):
    """The operator has switched the store to reading only, so it is not in trouble."""


class OutcomeUnknown(StoreUnavailable):
    """The store may have written, but its response was lost; or too few replicas have it.

    The protocol calls the store again, with the same arguments, before it responds with 503. A
    store raises it only if the call may have arrived: not if no connection was made.
    """

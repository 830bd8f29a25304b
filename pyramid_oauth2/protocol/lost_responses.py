"""Calls of a store whose response was lost: repeated until it is known what became of them.

A client whose request got no response sends it again. If what it spends was spent by the first
one, that would look like a second use, which ends a grant. So the call is repeated within the
request, and only then the response is 503.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, TypeVar

from ..deadlines import pause
from .records import DuplicateRecord, Entry, OutcomeUnknown, StoreUnavailable, Token
from .server import Server

if TYPE_CHECKING:
    from ..interfaces.entries import IEntryStore

log = logging.getLogger(__name__)

PAUSES = (0.05, 0.25, 1.0)  # seconds before each repetition: a restart takes a moment
PATIENCE = 2.0  # seconds after the first loss, within which a repetition begins

Result = TypeVar("Result")


def until_known(call: Callable[[], Result], again: Callable[[], Result] | None = None) -> Result:
    """Call a store; if the response is lost, again.

    :param call: has the same result if it is called twice, as an attempt that wins again has.
    :param again: is called instead the second time, where the result would be another one.
    :return: the result of the first call that had one.
    :raises OutcomeUnknown: no response arrived; the call may have written.
    :raises StoreUnavailable: the store cannot answer, and has not written.
    """
    try:
        return call()
    except OutcomeUnknown as error:
        lost = error
    log.warning("The outcome of a call of the store is unknown, so it is repeated: %s", lost)
    end = monotonic() + PATIENCE
    for seconds in PAUSES:
        if monotonic() + seconds > end or not pause(seconds):
            break
        try:
            return (again or call)()
        except StoreUnavailable:
            # Also one that sent nothing: what the first call wrote is still not known.
            continue
    raise lost


def until_inserted(server: Server, insert: Callable[[], bool], record: Token) -> bool:
    """Insert new records; if the response is lost, find out whether they are there.

    :param insert: inserts all of them or none, and returns whether it did.
    :param record: one of them.
    :raises DuplicateRecord: another record of that identity exists.
    """

    def again() -> bool:
        try:
            return insert()
        except DuplicateRecord:
            found = server.grants.find(record.ref)
            if found is None or found[0] != record:
                raise
            # It is the one whose insertion got no response. No other caller knows its string.
            return True

    return until_known(insert, again)


def until_put(entries: IEntryStore, entry: Entry, version: int | None) -> bool:
    """Write an entry; if the response is lost, find out whether this call has written it.

    :param version: as for :meth:`~pyramid_oauth2.interfaces.IEntryStore.put`.
    :return: False if another call was faster.
    """
    put = partial(entries.put, entry, version)
    stored = replace(entry, version=0 if version is None else version + 1)
    return until_known(put, lambda: put() or entries.get(entry.namespace, entry.key) == stored)

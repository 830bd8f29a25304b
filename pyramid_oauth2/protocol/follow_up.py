"""Work that follows an issuance: its failure must not fail the request."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from .records import StoreUnavailable

log = logging.getLogger(__name__)


@contextmanager
def follow_up(failure: str) -> Iterator[None]:
    """Log the error that is raised inside, and go on.

    The token or code is in the store, and what it was redeemed from is spent: after an error
    the client would try again, and that would count as a replay.

    :param failure: what did not happen then, for the log.
    """
    try:
        yield
    except StoreUnavailable as unavailable:
        log.warning("%s: %s", failure, unavailable)
    except Exception:
        # An error that no store should raise. Its traceback is needed to find it.
        log.exception("%s", failure)

"""Outgoing HTTP requests, with two levels of trust. Needs urllib3.

What an operator has named, in the settings, on a terminal or in a client's record, may be
anywhere: :class:`Fetcher`. What a stranger has named may be on public addresses only:
:class:`~.public_fetcher.PublicFetcher`, which nothing can make more lenient.

A request is limited in time, and its response in time and size, as a whole and not
for each part.
"""

from __future__ import annotations

from .fetcher import CONNECT_SECONDS as CONNECT_SECONDS
from .fetcher import READ_SECONDS as READ_SECONDS
from .fetcher import TOTAL_SECONDS as TOTAL_SECONDS
from .fetcher import Fetcher as Fetcher
from .fetcher import check_url as check_url
from .responses import MAX_BODY as MAX_BODY
from .responses import BodyTooLong as BodyTooLong
from .responses import FetchError as FetchError
from .responses import NotConnected as NotConnected
from .responses import Response as Response
from .responses import TooSlow as TooSlow

"""URLs of a client to which the server itself sends requests: only an operator can name one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from ..fetching import check_url
from ..protocol.clients.field import Known
from ..protocol.messages import message as _
from ..protocol.redirect_uris import LOOPBACK_HOSTS


def usable_url(server: Known, value: Any) -> Iterator[str]:
    """The rule of a field: a URL by https, or by http on this machine; or none."""
    if value is not None and not _is_url(value):
        yield _("write a whole https URL; http is for a loopback host only")


def _is_url(value: str) -> bool:
    try:
        parts = urlsplit(value)
        check_url(value)
    except (ValueError, UnicodeError):
        return False
    plain = value.isascii() and value.isprintable() and " " not in value and "#" not in value
    safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK_HOSTS)
    return plain and safe and "@" not in parts.netloc

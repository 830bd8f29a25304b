"""The audit log: one line for each event, at the logger ``pyramid_oauth2.audit``.

::

    event=TokenIssued client_id=web grant_type=refresh_token subject=bob scope="read write" ...

No value can break a line or add a field to it, not even one that a client chose. The
refusal of an event comes last: ``check``, ``source``, ``decided_by``, ``compared_...``.
"""

from __future__ import annotations

import logging
from dataclasses import fields
from typing import Any

from ..interfaces import IOAuth2Event
from ..protocol.events import (
    AttemptsThrottled,
    ClientAuthenticationFailed,
    CodeReplayed,
    OAuth2Event,
    RefreshReused,
)
from ..protocol.refusal import Refusal
from .log_lines import format_members

log = logging.getLogger("pyramid_oauth2.audit")

# These may be attacks. All other events are routine.
WARNINGS = (AttemptsThrottled, ClientAuthenticationFailed, CodeReplayed, RefreshReused)


def write_event(event: OAuth2Event) -> None:
    """Log the event, once.

    A JSON formatter finds the same members as a mapping, in the record's ``oauth2``.
    """
    if event.redelivered:
        return
    level = logging.WARNING if isinstance(event, WARNINGS) else logging.INFO
    if not log.isEnabledFor(level):
        return
    members = event_members(event)
    log.log(level, format_members(members), extra={"oauth2": members})


def event_members(event: OAuth2Event) -> dict[str, Any]:
    """The members to log: the fields of the event, the address that it came from, the refusal.

    A field that is None or excluded from the repr is left out.
    """
    members: dict[str, Any] = {"event": type(event).__name__}
    refusal: dict[str, str] = {}
    for field in fields(event):
        value = getattr(event, field.name) if field.repr else None
        if isinstance(value, Refusal):
            refusal = value.members()
        else:
            members[field.name] = _plain(value)
    if event.request is not None:
        members.setdefault("remote_addr", event.request.environ.get("REMOTE_ADDR"))
    members = {name: value for name, value in members.items() if value is not None}
    # An event of an extension may have a field of the same name, which stays as it is.
    return members | {name: refusal[name] for name in refusal if name not in members}


def _plain(value: Any) -> str | int | None:
    if isinstance(value, frozenset):
        return " ".join(sorted(value))
    return value if isinstance(value, str | int | None) else str(value)


def includeme(config: Any) -> None:
    """Log every event. The logging configuration decides where the lines go."""
    config.add_subscriber(write_event, IOAuth2Event)

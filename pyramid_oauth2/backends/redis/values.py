"""Records as values of keys: a line of fields that scripts read and edit, followed by bytes.

The line is described in ``lua/record.lua``; scripts do not read the bytes.
"""

from __future__ import annotations

import json
import logging
from base64 import b64decode, b64encode
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, unquote

from ...protocol.clients.codecs import integer, text, texts
from ...protocol.damaged_records import DAMAGED, check_times, nearest_time
from ...protocol.envelope import dumps
from ...protocol.records import (
    DIGEST_SIZE,
    UNREADABLE,
    Consent,
    Entry,
    Grant,
    Reservation,
    SealedAnswer,
    Token,
    TokenRef,
)

log = logging.getLogger(__name__)

# Seconds that a key outlives its record, in case the clocks of callers differ.
SPARE = 300
ABSENT = b"-"
# In which order a grant has its facts, as an earlier version named them; the last two may be left
# out. A later version adds its own behind them.
_FACTS = ("client_id", "subject", "scope", "created_at", "epoch", "resources")
_REQUIRED = 4


def milliseconds(end: int, now: int) -> int:
    """Return how long the key of a record with that end is stored, from *now* on."""
    return (max(end - now, 0) + SPARE) * 1000


def fields_of(value: bytes) -> list[bytes]:
    """Return the fields of a value's line."""
    return value[: value.index(b"\n")].split(b" ")


def grant_value(grant: Grant, indexed_until: int) -> bytes:
    """Encode a grant."""
    document: list[Any] = [
        grant.client_id,
        grant.subject,
        sorted(grant.scope),
        grant.created_at,
        grant.epoch,
        grant.resources,
    ]
    # There are many grants: what is usual takes no bytes.
    while not document[-1] and len(document) > _REQUIRED:
        document.pop()
    header = _line(
        grant.expires_at,
        grant.absolute_end,
        grant.revoked_at,
        grant.revoke_reason,
        None,
        indexed_until,
    )
    return header + dumps(document) + b"\n" + grant.data


def is_mark(value: bytes) -> bool:
    """Whether this is the mark of a grant that is revoked before it exists, and no grant."""
    return value.split(b" ", 2)[1:2] == [ABSENT]


def grant_of(grant_id: str, value: bytes | None) -> Grant | None:
    """Decode a grant; None if there is none, only the mark of one, or one that cannot be read."""
    if value is None:
        return None
    try:
        header, rest = _parted(value)
        expires_at, absolute_end, revoked_at, reason, _ = header[:5]
        if absolute_end == ABSENT:
            return None
        document, data = rest.split(b"\n", 1)
        client_id, subject, scope, created_at, epoch, resources = _facts(
            json.loads(document.decode())
        )
        grant = Grant(
            id=grant_id,
            client_id=text(client_id),
            epoch=integer(epoch),
            subject=text(subject),
            scope=frozenset(texts(scope)),
            created_at=created_at,
            resources=texts(resources),
            expires_at=int(expires_at),
            absolute_end=int(absolute_end),
            revoked_at=_integer(revoked_at),
            revoke_reason=_text(reason),
            data=data,
        )
        check_times((grant.created_at, grant.expires_at, grant.absolute_end, grant.revoked_at))
        return grant
    except DAMAGED as error:
        # Whose it is stands in what cannot be read. Scripts still end and remove it.
        log.error("The stored record of the grant %r cannot be read: %s", grant_id, error)
        return None


def _facts(document: Any) -> list[Any]:
    if isinstance(document, dict):
        return [document[name] for name in _FACTS]
    return [*document, *(0, [])[len(document) - _REQUIRED :]][: len(_FACTS)]


def remembered_of(value: bytes) -> str:
    """Return the names of the spent tokens that a grant holds, "-" if there are none."""
    return fields_of(value)[4].decode("ascii")


def indexed_until(value: bytes) -> int:
    """Return until when a grant is in its indexes, from the value of its key."""
    fields = fields_of(value)
    # An earlier version has it there as long as it lives.
    return int(fields[5] if len(fields) > 5 and fields[5].isdigit() else fields[0])


def token_value(token: Token) -> bytes:
    """Encode a token, without its sealed answer."""
    granted, parent, data = "-" if token.grant_id is None else "+", "-", token.data
    if token.parent is not None:
        # Raw digests take half the bytes, and end where scripts do not look.
        parent = "=" if len(token.parent) == DIGEST_SIZE else token.parent.hex()
        data = token.parent + data if parent == "=" else data
    state = _fields(
        token.expires_at, token.consumed_at, token.revoked_at, token.attempt, token.version
    )
    return f"{state} {granted} {token.issued_at} {parent}\n".encode("ascii") + data


def token_of(ref: TokenRef, value: bytes, answer: bytes | None) -> Token | None:
    """Decode a token and its sealed answer; None if it cannot be read."""
    try:
        header, data = _parted(value)
        end, consumed_at, revoked_at, attempt, version, granted, issued_at, mark = header[:8]
        parent, data = _parent(mark, data)
        token = Token(
            *ref,
            issued_at=int(issued_at),
            expires_at=int(end),
            grant_id=None if granted == ABSENT else ref.family,
            parent=parent,
            consumed_at=_integer(consumed_at),
            attempt=_text(attempt),
            sealed_answer=None if answer is None else _answer_of(answer),
            revoked_at=_integer(revoked_at),
            version=int(version),
            data=data,
        )
        check_times((token.issued_at, token.expires_at, token.consumed_at, token.revoked_at))
        return token
    except DAMAGED as error:
        log.error("The stored record of a token of %r cannot be read: %s", ref.family, error)
        return None


def _parent(mark: bytes, rest: bytes) -> tuple[bytes | None, bytes]:
    if mark == b"=":
        return rest[:DIGEST_SIZE], rest[DIGEST_SIZE:]
    # Hexadecimal digits are how an earlier version wrote all of them.
    return None if mark == ABSENT else bytes.fromhex(mark.decode("ascii")), rest


def answer_value(answer: SealedAnswer) -> bytes:
    """Encode a sealed answer."""
    return _line(answer.expires_at) + answer.data


def _answer_of(value: bytes) -> SealedAnswer:
    header, data = _parted(value)
    return SealedAnswer(data, int(header[0]))


def reservation_value(claim: Reservation) -> bytes:
    """Encode a reservation."""
    return _line(claim.expires_at)


def reservation_of(namespace: str, digest: bytes, value: bytes) -> Reservation | None:
    """Decode a reservation; None if it cannot be read."""
    try:
        return Reservation(unquote(namespace), digest, int(fields_of(value)[0]))
    except DAMAGED as error:
        log.error("A stored reservation of %r cannot be read: %s", namespace, error)
        return None


def consent_value(consent: Consent, version: int) -> bytes:
    """Encode a consent as *version*."""
    document: dict[str, Any] = {
        "scopes": sorted(consent.scope),
        "redirect_uri": consent.redirect_uri,
        "created_at": consent.created_at,
        "resources": consent.resources,
    }
    if consent.data:
        document["data"] = b64encode(consent.data).decode("ascii")
    return _line(consent.expires_at, version) + json.dumps(document).encode()


def consent_of(subject: str, client_id: str, value: bytes) -> Consent:
    """Decode a consent.

    If it cannot be read, it allows nothing, and its data is
    :data:`~...protocol.records.UNREADABLE`.
    """
    # What ``version_of`` in ``lua/record.lua`` says of a line that cannot be read.
    expires_at, version = 0, 0
    try:
        header, document = _parted(value)
        expires_at, version = map(int, header[:2])
        facts: dict[str, Any] = json.loads(document)
        consent = Consent(
            subject,
            client_id,
            scope=frozenset(texts(facts["scopes"])),
            redirect_uri=text(facts["redirect_uri"]),
            created_at=facts["created_at"],
            expires_at=expires_at,
            resources=texts(facts["resources"]),
            version=version,
            data=b64decode(facts.get("data", "")),
        )
        check_times((consent.created_at, expires_at))
        return consent
    except DAMAGED as error:
        log.error("A stored consent to %r cannot be read: %s", client_id, error)
    end, nothing = nearest_time(expires_at), frozenset[str]()
    return Consent(subject, client_id, nothing, "", 0, end, (), version, UNREADABLE)


def entry_value(entry: Entry) -> bytes:
    """Encode an entry."""
    return _line(entry.expires_at, entry.version, entry.owner) + entry.data


def entry_of(namespace: str, key: str, value: bytes) -> Entry | None:
    """Decode an entry; None if it cannot be read."""
    try:
        header, data = _parted(value)
        expires_at, version, owner = header[:3]
        return Entry(namespace, key, _text(owner), data, int(version), _integer(expires_at))
    except DAMAGED as error:
        log.error("A stored entry of %r cannot be read: %s", namespace, error)
        return None


def quoted(text: str) -> str:
    """Return any text as a field of a line."""
    if text.isascii() and text.isalnum():  # Most are; this is faster by 0.5 us.
        return text
    # With "%" for the empty text and for "-", which mean "absent" in a line.
    return quote(text, safe="") if text not in ("", "-") else f"%{text}"


def _line(*fields: int | str | None) -> bytes:
    return f"{_fields(*fields)}\n".encode("ascii")


def _fields(*fields: int | str | None) -> str:
    return " ".join(
        "-" if field is None else quoted(field) if isinstance(field, str) else str(field)
        for field in fields
    )


def _parted(value: bytes) -> tuple[Sequence[bytes], bytes]:
    header, rest = value.split(b"\n", 1)
    return header.split(b" "), rest


def _integer(field: bytes) -> int | None:
    return None if field == ABSENT else int(field)


def _text(field: bytes) -> str | None:
    if field == ABSENT:
        return None
    return field[1:].decode() if field in (b"%", b"%-") else unquote(field.decode("ascii"))

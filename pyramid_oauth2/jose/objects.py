"""Base64url and JSON objects of JWTs, without the liberties in which parsers differ."""

from __future__ import annotations

import binascii
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

MAX_DEPTH = 16


def encoded(data: bytes) -> str:
    """Base64url without padding (RFC 7515 section 2)."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """The bytes of base64url text.

    :raises ValueError: the text is not what :func:`encoded` returns: there is padding, white
        space or another alphabet, or a bit is set in its last character that no byte has.
    """
    try:
        data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:
        data = b""
    # Base64 is lenient: characters outside its alphabet are skipped, for example. Two
    # spellings of one signature would be two tokens.
    if encoded(data) != text:
        raise ValueError("is not base64url without padding")
    return data


def json_object(data: bytes) -> dict[str, Any]:
    """The members of a JSON object in strict UTF-8.

    :raises ValueError: it is none, or has a member twice (RFC 8725 section 2.4: parsers
        differ in which of both counts), a number that JSON does not have, half a character,
        or more than 16 levels.
    """
    try:
        value = json.loads(
            data.decode(), object_pairs_hook=_without_repetition, parse_constant=_no_number
        )
    except RecursionError:
        raise ValueError("is nested too deep") from None
    if not isinstance(value, dict):
        raise ValueError("is not a JSON object")
    _check_depth(value, MAX_DEPTH)
    # An escape such as \ud800 is accepted by json, and no UTF-8 can say it.
    if b"\\ud" in data.lower():
        json.dumps(value, ensure_ascii=False).encode()
    return value


def _without_repetition(members: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(members)
    if len(value) != len(members):
        raise ValueError("has a member twice")
    return value


def _no_number(name: str) -> None:
    raise ValueError("has a number that JSON does not have")


def _check_depth(value: Any, levels: int) -> None:
    if isinstance(value, dict | list):
        if not levels:
            raise ValueError("is nested too deep")
        for each in value.values() if isinstance(value, dict) else value:
            _check_depth(each, levels - 1)

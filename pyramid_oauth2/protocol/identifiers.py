"""The identifiers and times of records: what every store returns as it was stored."""

from __future__ import annotations

from .clients import codecs

# UTF-8. PostgreSQL has room for 2704 bytes in an entry of an index, which may hold two identifiers.
MOST_BYTES = 1536


def check_identifier(name: str, value: str, length: int) -> None:
    """Refuse an identifier that some store could not store byte for byte.

    :raises ValueError: *value* is no text, is empty, longer than *length* characters or
        :data:`MOST_BYTES`, or holds a NUL or a lone surrogate.
    """
    if not isinstance(value, str):
        raise ValueError(f"{name} is not a text")
    if not value:
        raise ValueError(f"{name} is empty")
    if len(value) > length:
        raise ValueError(f"{name} has {len(value)} characters; at most {length} are allowed")
    if "\0" in value:
        raise ValueError(f"{name} contains a NUL character")
    try:
        size = len(value.encode())
    except UnicodeEncodeError:
        raise ValueError(f"{name} is not valid Unicode text") from None
    if size > MOST_BYTES:
        raise ValueError(f"{name} has {size} bytes in UTF-8; at most {MOST_BYTES} are allowed")


def check_time(name: str, value: object) -> None:
    """Refuse a time that some store would round, or no page could show.

    :raises ValueError: *value* is not in whole UTC seconds from 1970 to the year 9999.
    """
    try:
        codecs.time(value)
    except TypeError:
        raise ValueError(f"{name} is not in whole UTC seconds up to the year 9999") from None

"""The identifiers and times of records: what every store returns as it was stored."""

from __future__ import annotations

from .clients import codecs
from .messages import message as _

# UTF-8. PostgreSQL has room for 2704 bytes in an entry of an index, which may hold two identifiers.
MOST_BYTES = 1536


def check_identifier(name: str, value: str, length: int) -> None:
    """Refuse an identifier that some store could not store byte for byte.

    :raises ValueError: *value* is no text, is empty, longer than *length* characters or
        :data:`MOST_BYTES`, or holds a NUL or a lone surrogate.
    """
    if not isinstance(value, str):
        raise ValueError(_("%(name)s is not a text", name=name))
    if not value:
        raise ValueError(_("%(name)s is empty", name=name))
    if len(value) > length:
        text = _(
            "%(name)s has %(count)s characters; at most %(most)s are allowed",
            name=name,
            count=len(value),
            most=length,
        )
        raise ValueError(text)
    if "\0" in value:
        raise ValueError(_("%(name)s contains a NUL character", name=name))
    try:
        size = len(value.encode())
    except UnicodeEncodeError:
        raise ValueError(_("%(name)s is not valid Unicode text", name=name)) from None
    if size > MOST_BYTES:
        text = _(
            "%(name)s has %(count)s bytes in UTF-8; at most %(most)s are allowed",
            name=name,
            count=size,
            most=MOST_BYTES,
        )
        raise ValueError(text)


def check_time(name: str, value: object) -> None:
    """Refuse a time that some store would round, or no page could show.

    :raises ValueError: *value* is not in whole UTC seconds from 1970 to the year 9999.
    """
    try:
        codecs.time(value)
    except TypeError:
        raise ValueError(f"{name} is not in whole UTC seconds up to the year 9999") from None

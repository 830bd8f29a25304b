"""The forms of a value: what it is in a client's JSON document, and what it is in Python."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence, Set
from enum import Enum
from typing import Any

from ..messages import message as _

Reader = Callable[[Any], Any]

LAST_TIME = 253_402_300_799  # 9999-12-31T23:59:59Z, the last that Python can show
DEEPEST = 50  # objects and lists within each other


def text(value: Any) -> str:
    """A text of a document, unchanged.

    :raises TypeError: it is none, or cannot be UTF-8.
    """
    if not isinstance(value, str):
        raise TypeError(_("a text is needed"))
    # JSON may have half of a surrogate pair, which no response and no terminal can.
    if not value.isascii() and any("\ud800" <= each <= "\udfff" for each in value):
        raise TypeError(_("a text is needed that can be UTF-8"))
    return value


def texts(value: Any) -> tuple[str, ...]:
    """A list of texts of a document, as a tuple.

    :raises TypeError: it is no list, or one of them is no text that can be UTF-8.
    """
    if not isinstance(value, list):
        raise TypeError(_("a list is needed"))
    return tuple(map(text, value))


def integer(value: Any) -> int:
    """A number of a document, unchanged.

    :raises TypeError: it is none that every JSON reader reads in the same way.
    """
    # In Python a bool is also an int, and JSON readers disagree on integers beyond 2**53.
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 2**53:
        raise TypeError(_("a whole number is needed"))
    return value


def time(value: Any) -> int:
    """A time of a document in UTC seconds, unchanged.

    :raises TypeError: it is none, or is after the year 9999.
    """
    if integer(value) > LAST_TIME:
        raise TypeError(_("UTC seconds up to the year 9999 are needed"))
    return int(value)


def mapping(value: Any) -> dict[str, Any]:
    """An object of a document, unchanged.

    :raises TypeError: it is none, or has what JSON readers do not read in the same way.
    """
    if not isinstance(value, dict):
        raise TypeError(_("an object is needed"))
    _check_json(value, 0)
    return value


def _check_json(value: Any, depth: int) -> None:
    if depth > DEEPEST:
        raise TypeError(_("an object is needed that is at most %(most)s levels deep", most=DEEPEST))
    if isinstance(value, str):
        text(value)
    elif isinstance(value, Mapping):
        for name, member in value.items():
            text(name)
            _check_json(member, depth + 1)
    elif isinstance(value, list | tuple):
        for member in value:
            _check_json(member, depth + 1)
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise TypeError(_("a number is needed, not NaN or Infinity"))
    elif value is not None and not isinstance(value, bool):
        integer(abs(value) if isinstance(value, int) else value)


def or_none(read: Reader) -> Reader:
    """A reader that also accepts null."""
    return lambda value: None if value is None else read(value)


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError(_("true or false is needed"))
    return value


def _scope(value: Any) -> frozenset[str]:
    if not isinstance(value, str):
        raise TypeError(_("scopes are one string, separated by spaces"))
    return frozenset(filter(None, value.split(" ")))


def _scope_string(scope: Set[str]) -> str:
    # The letters of a text are no scopes, nor are the names of a list.
    if not isinstance(scope, Set):
        raise TypeError(_("a frozenset of scopes is needed"))
    return " ".join(sorted(map(text, scope)))


def _lifetimes(value: Any) -> dict[str, int]:
    return {kind: integer(seconds) for kind, seconds in mapping(value).items()}


def _same(value: Any) -> Any:
    return value


def _list(value: Sequence[str]) -> list[str]:
    # Nor are the letters of a text several texts.
    if not isinstance(value, tuple | list):
        raise TypeError(_("a tuple of texts is needed"))
    return list(value)


def _dict(value: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise TypeError(_("a mapping is needed"))
    return dict(value)


def _dict_or_none(value: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if value is None else _dict(value)


class Codec(Enum):
    """The form of a field's value: in a client's JSON document, and in Python.

    ``TEXT`` is a text, ``TEXTS`` a list of texts (in Python a tuple), ``SCOPE`` a string of
    scopes (a frozenset), ``BOOLEAN`` true or false, ``INTEGER`` a whole number from 0,
    ``LIFETIMES`` an object of seconds by kind of token, ``MAPPING`` any object.
    ``OPTIONAL_TEXT``, ``OPTIONAL_INTEGER`` and ``OPTIONAL_MAPPING`` may also be null.
    """

    TEXT = ("text", text, _same)
    OPTIONAL_TEXT = ("text or null", or_none(text), _same)
    TEXTS = ("list of text", texts, _list)
    SCOPE = ("scopes, separated by spaces", _scope, _scope_string)
    BOOLEAN = ("boolean", _boolean, _same)
    INTEGER = ("whole number", integer, _same)
    OPTIONAL_INTEGER = ("whole number or null", or_none(integer), _same)
    LIFETIMES = ("object of seconds, by kind of token", _lifetimes, _dict)
    MAPPING = ("object", mapping, _dict)
    OPTIONAL_MAPPING = ("object or null", or_none(mapping), _dict_or_none)

    @property
    def description(self) -> str:
        """What the value is in JSON, in words for the reference."""
        return str(self.value[0])

    def read(self, value: Any) -> Any:
        """Return the Python value of a JSON value.

        :raises TypeError: it is not of that form; the message says what is needed.
        """
        return self.value[1](value)

    def write(self, value: Any) -> Any:
        """Return the JSON value of a Python value.

        :raises TypeError: it is of another type; the message says what is needed.
        """
        return self.value[2](value)

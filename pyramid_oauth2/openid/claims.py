"""What goes out about a user: what the application says, as far as its type is right."""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ..interfaces.server import IServer
from .claims_locales import in_languages
from .standard_claims import BOOLEANS, NUMBERS, OBJECTS, PROTOCOL, TEXTS, base_of

log = logging.getLogger(__name__)

WRONG = "claims() of the resource owners returned %s for %s, which is left out"


def claims_about(
    server: IServer, subject: str, names: Collection[str], locales: Sequence[str] = ()
) -> dict[str, Any]:
    """The named claims about a user, as JSON has them.

    Those that are empty are left out, never null (OpenID Connect Core section 5.3.2); so are
    those of a wrong type, which are logged: a client might trust a text where the mail
    address is not verified.

    :param locales: the languages in which the client wants them, the best first.
    :raises StoreUnavailable: the application cannot say it now.
    """
    asked = frozenset(names) - PROTOCOL
    if not asked:
        return {}
    said = server.claims(subject, asked)
    found = {name: _value(name, value) for name, value in said.items() if _is_asked(name, asked)}
    present = {name: value for name, value in found.items() if not _is_empty(value)}
    return in_languages(present, locales, asked) if locales else present


def _is_asked(name: Any, asked: frozenset[str]) -> bool:
    return isinstance(name, str) and (name in asked or base_of(name) in asked)


def _value(name: str, value: Any) -> Any:
    """The value as it is sent; None if it is not."""
    if _is_empty(value):
        return None
    if not _has_right_type(base_of(name), value):
        log.error(WRONG, f"a value of the type {type(value).__name__}", name)
        return None
    return _address(value) if base_of(name) in OBJECTS else value


def _has_right_type(name: str, value: Any) -> bool:
    if name in TEXTS:
        return isinstance(value, str) and _is_json(value)
    if name in BOOLEANS:
        return isinstance(value, bool)
    if name in NUMBERS:
        return isinstance(value, int | float) and not isinstance(value, bool) and _is_json(value)
    if name in OBJECTS:
        return isinstance(value, Mapping)
    return _is_json(value)


def _address(value: Mapping[str, Any]) -> dict[str, str]:
    """The texts of an address (Core section 5.1.1)."""
    wrong = [name for name, text in value.items() if not isinstance(text, str | None)]
    for name in wrong:
        log.error(WRONG, f"a value of the type {type(value[name]).__name__}", f"address.{name}")
    return {
        name: text
        for name, text in value.items()
        if isinstance(text, str) and text and _is_json(text) and isinstance(name, str)
    }


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, str | Collection) and not value)


def _is_json(value: Any) -> bool:
    try:
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    except (TypeError, ValueError, RecursionError):
        return False
    return True

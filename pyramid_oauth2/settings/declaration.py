"""How a setting is declared: its parser, default and meaning in one place."""

from __future__ import annotations

import dataclasses
from typing import Any

from .types import Parser

REQUIRED: Any = object()


def setting(
    parse: Parser,
    default: Any,
    meaning: str,
    *,
    key: str | None = None,
    mode: str | None = None,
    secret: bool = False,
    limit: bool = False,
) -> Any:
    """Declare a setting as a dataclass field.

    :param parse: from the ini's text to the value; one of those in
        :mod:`~pyramid_oauth2.settings.types`.
    :param default: the value where the ini says nothing, or :data:`REQUIRED`.
    :param meaning: one or two sentences for the reference.
    :param key: its name after ``oauth2.``, where that is not the field's.
    :param mode: the ``oauth2.mode`` that requires it, where not both do.
    :param secret: whether nobody should read it over a shoulder.
    :param limit: whether a blank value is parsed as any other, and does not mean
        the default, which is to have no limit.
    """
    metadata = {
        "parse": parse,
        "meaning": meaning,
        "key": key,
        "default": default,
        "mode": mode,
        "secret": secret,
        "limit": limit,
    }
    value = None if default is REQUIRED else default
    return dataclasses.field(default_factory=lambda: value, metadata=metadata, repr=not secret)

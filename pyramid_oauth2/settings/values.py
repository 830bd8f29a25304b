"""The values of declared settings, parsed from the text of the ini."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from .declaration import REQUIRED
from .types import AUTHORIZATION_SERVER, BadValue

PREFIX = "oauth2."


def below_prefix(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The ``oauth2.*`` settings among those of an application, without ``oauth2.``."""
    return {key[len(PREFIX) :]: value for key, value in raw.items() if key.startswith(PREFIX)}


def parse_values(
    fields: Mapping[str, dataclasses.Field[Any]], ours: Mapping[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    """Parse the declared settings that the ini sets.

    :param fields: by their key without ``oauth2.``.
    :param ours: as :func:`below_prefix` returns it.
    :return: the values by the names of the fields, without those that are not set or are
        wrong, and one message for each mistake.
    """
    values: dict[str, Any] = {}
    mistakes = []
    mode = str(ours.get("mode") or AUTHORIZATION_SERVER).strip()
    for key, field in fields.items():
        text = ours.get(key)
        blank = isinstance(text, str) and not text.strip() and not field.metadata["limit"]
        if text is None or blank:
            required = field.metadata["default"] is REQUIRED
            if required and field.metadata["mode"] in (None, mode):
                mistakes.append(f"oauth2.{key} is missing. {field.metadata['meaning']}")
            continue
        try:
            values[field.name] = field.metadata["parse"](text)
        except (ValueError, TypeError, AttributeError) as error:
            if not isinstance(error, ValueError) and isinstance(text, str):
                raise  # It is a fault of the parser.
            shown = "..." if field.metadata["secret"] else repr(text)
            # The message of any other error might contain the value.
            reason = error if isinstance(error, BadValue) else "the value is not valid"
            mistakes.append(f"oauth2.{key} = {shown}: {reason}")
    return values, mistakes

"""Settings of the ini that have no effect beside the others: a warning each, when it starts."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from . import Settings
from .declaration import declared_fields
from .feature import full_key
from .types import RESOURCE_SERVER

# The built-in backends whose section is passed to a library.
LIBRARIES = ("redis", "sqlalchemy")


def without_effect(settings: Settings, ours: Mapping[str, Any]) -> Iterator[str]:
    """A sentence for each setting that is written in the ini and has no effect.

    :param ours: the settings of the ini by their key without ``oauth2.``.
    """
    yield from _unmet(Settings, settings, ours, settings.mode)
    for feature in settings.features.values():
        yield from _unmet(feature.declared, feature.values, ours, settings.mode, feature.prefix)
    yield from _of_libraries(settings)


def _unmet(
    declared: type[Any], values: Any, ours: Mapping[str, Any], mode: str, prefix: str = ""
) -> Iterator[str]:
    fields = declared_fields(declared)
    for key, field in fields.items():
        name = full_key(prefix, key) if prefix else key
        if not str(ours.get(name) or "").strip():
            continue
        if field.metadata["mode"] not in (None, mode):
            yield f"oauth2.{name} has no effect: it is for oauth2.mode = {field.metadata['mode']}."
        elif reason := _missing(fields, values, field, prefix):
            yield f"oauth2.{name} has no effect, since {reason}."


def _missing(
    fields: Mapping[str, dataclasses.Field[Any]],
    values: Any,
    field: dataclasses.Field[Any],
    prefix: str,
) -> str | None:
    needs = field.metadata["needs"]
    if needs is None:
        return None
    value = getattr(values, fields[needs].name)
    name = full_key(prefix, needs) if prefix else needs
    if value is False:
        return f"oauth2.{name} is false"
    return None if value else f"oauth2.{name} is not set"


def _of_libraries(settings: Settings) -> Iterator[str]:
    if settings.mode == RESOURCE_SERVER:
        for name in LIBRARIES:
            for key in sorted(settings.section(name)):
                yield f"oauth2.{name}.{key} has no effect: a resource server stores nothing."
    # The URL of a store that is not chosen is no mistake: it may be prepared for a change.
    elif "session" in settings.section("sqlalchemy"):
        backend = settings.backend_of("clients")
        if backend != "sqlalchemy":
            yield (
                "oauth2.sqlalchemy.session has no effect: it is for clients, and they are stored "
                f"in {backend}."
            )

"""Settings of the ini that have no effect beside the others: a warning each, when it starts."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from enum import Enum, auto
from typing import Any

from . import Settings
from .declaration import declared_fields
from .feature import full_key
from .profile import as_written
from .tokens import DEFAULT_GRANT_TYPES
from .types import RESOURCE_SERVER
from .validation import LOCAL, ValidationSettings

# The built-in backends whose section is passed to a library.
LIBRARIES = ("redis", "sqlalchemy")
NO_SIGNER = "oauth2.secret is not set, so the server cannot sign"
OTHER_SIGNER = "the application signs by a signer of its own (config.set_oauth2_signer)"


class SignedBy(Enum):
    """What signs for the server."""

    NOTHING = auto()
    STORED_KEYS = auto()
    APPLICATION = auto()


def without_effect(
    settings: Settings, ours: Mapping[str, Any], signed_by: SignedBy
) -> Iterator[str]:
    """A sentence for each setting that is written in the ini and has no effect.

    :param ours: the settings of the ini by their key without ``oauth2.``.
    """
    yield from _unmet(settings, Settings, settings, ours, signed_by)
    for feature in settings.features.values():
        values, prefix = feature.values, feature.prefix
        yield from _unmet(settings, feature.declared, values, ours, signed_by, prefix)
    yield from _of_libraries(settings)


def _unmet(
    settings: Settings,
    declared: type[Any],
    values: Any,
    ours: Mapping[str, Any],
    signed_by: SignedBy,
    prefix: str = "",
) -> Iterator[str]:
    fields = declared_fields(declared)
    for key, field in fields.items():
        name = full_key(prefix, key) if prefix else key
        if not str(ours.get(name) or "").strip():
            continue
        if field.metadata["mode"] not in (None, settings.mode):
            yield f"oauth2.{name} has no effect: it is for oauth2.mode = {field.metadata['mode']}."
            continue
        needs = {each: fields[each] for each in field.metadata["needs"]}
        missing = [
            *_off(needs, values, prefix),
            *_none_of(field.metadata["any_of"], settings),
            *_without_grant_type(settings, field),
            *_without_users(settings, field),
            *_without_signer(field, signed_by),
        ]
        if missing:
            yield f"oauth2.{name} has no effect, since {missing[0]}."


def _off(needs: Mapping[str, dataclasses.Field[Any]], values: Any, prefix: str) -> Iterator[str]:
    for key, field in needs.items():
        value = getattr(values, field.name)
        name = full_key(prefix, key) if prefix else key
        if not value:
            yield f"oauth2.{name} is {'false' if value is False else 'not set'}"


def _none_of(lines: tuple[str, ...], settings: Settings) -> Iterator[str]:
    """Why none of the lines counts, also as a line of a profile."""
    wanted = [line.split(" = ") for line in lines]
    values = settings.values() if wanted else {}
    if wanted and not any(as_written(values.get(key)) == value for key, value in wanted):
        yield " and ".join(f"oauth2.{key} is not {value}" for key, value in wanted)


def _without_signer(field: dataclasses.Field[Any], signed_by: SignedBy) -> Iterator[str]:
    if field.metadata["signed"] and signed_by is SignedBy.NOTHING:
        yield NO_SIGNER
    if field.metadata["stored_keys"] and signed_by is SignedBy.APPLICATION:
        yield OTHER_SIGNER


def _without_grant_type(settings: Settings, field: dataclasses.Field[Any]) -> Iterator[str]:
    needed = field.metadata["grant_type"]
    if needed is None or needed in (settings.grant_types or DEFAULT_GRANT_TYPES):
        return
    # The authorization endpoint, of which most such settings are, also serves other flows.
    if needed != "authorization_code" or _issues_only_codes(settings):
        yield f"oauth2.grant_types does not name {needed}"


def _without_users(settings: Settings, field: dataclasses.Field[Any]) -> Iterator[str]:
    # An added grant type may act for users.
    alone = settings.grant_types == frozenset({"client_credentials"})
    if field.metadata["for_users"] and alone and _issues_only_codes(settings):
        yield "oauth2.grant_types names client_credentials only, which is not for users"


def _issues_only_codes(settings: Settings) -> bool:
    return settings.response_types <= {"code"}


def _of_libraries(settings: Settings) -> Iterator[str]:
    if settings.mode == RESOURCE_SERVER:
        yield from _of_validation(settings)
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


def _of_validation(settings: Settings) -> Iterator[str]:
    local = settings.validation == LOCAL
    for key, field in declared_fields(ValidationSettings).items():
        other = key == "jwks_uri" if not local else key.startswith("introspection.")
        if other and getattr(settings, field.name) != field.metadata["default"]:
            yield f"oauth2.{key} has no effect with oauth2.validation = {settings.validation}."

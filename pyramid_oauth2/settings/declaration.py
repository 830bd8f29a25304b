"""The declaration of a setting: its parser, default and meaning in one place."""

from __future__ import annotations

import dataclasses
from typing import Any

from .types import Parser

REQUIRED: Any = object()
SCOPES, SCOPES_OR_ALL, GRANT_TYPES = "scopes", "scopes or *", "grant types"


def setting(
    parse: Parser,
    default: Any,
    meaning: str,
    *,
    key: str | None = None,
    mode: str | None = None,
    secret: bool = False,
    limit: bool = False,
    names: str | None = None,
    needs: str | tuple[str, ...] = (),
    any_of: tuple[str, ...] = (),
    grant_type: str | None = None,
    for_users: bool = False,
    signed: bool = False,
    stored_keys: bool = False,
) -> Any:
    """Declare a setting as a dataclass field.

    :param parse: converts the text of the ini to the value; one of the parsers in
        :mod:`~pyramid_oauth2.settings.types`.
    :param default: the value if the ini does not set the key, or :data:`REQUIRED`.
    :param meaning: one or two sentences for the reference.
    :param key: the name after ``oauth2.``, or after the prefix of a feature, if it differs
        from the field's name. ``""`` is the prefix itself: ``oauth2.badges = true``.
    :param mode: the ``oauth2.mode`` that has, and may require, the setting, if not both do.
    :param secret: whether the value is masked wherever it is shown.
    :param limit: whether a blank value is parsed like any other value. It then does not
        mean the default, which is no limit.
    :param names: what its words name: ``scopes``, ``scopes or *``, or ``grant types``. The start
        refuses a name that there is not.
    :param needs: the key, relative like *key*, of another setting without which this one has
        no effect: one that is off or not set. The start then warns. Also several keys.
    :param any_of: lines of an ini, as ``registration = open``, without each of which it has no
        effect. Their keys are whole ones, also of another class.
    :param grant_type: the same for a grant type that ``oauth2.grant_types`` does not name.
    :param for_users: the same where each client acts for itself: ``oauth2.grant_types`` names
        ``client_credentials`` only, and no response type issues tokens.
    :param signed: the same where nothing can sign: there is neither ``oauth2.secret`` nor a
        signer of the application.
    :param stored_keys: the same where that signer signs, and not the keys in the store.
    """
    metadata = {
        "parse": parse,
        "meaning": meaning,
        "key": key,
        "default": default,
        "mode": mode,
        "secret": secret,
        "limit": limit,
        "names": names,
        "needs": (needs,) if isinstance(needs, str) else needs,
        "any_of": any_of,
        "grant_type": grant_type,
        "for_users": for_users,
        "signed": signed,
        "stored_keys": stored_keys,
    }
    value = None if default is REQUIRED else default
    return dataclasses.field(default_factory=lambda: value, metadata=metadata, repr=not secret)


def declared_fields(declared: type[Any]) -> dict[str, dataclasses.Field[Any]]:
    """The settings that a dataclass declares, by their keys."""
    return {
        field.name if field.metadata["key"] is None else field.metadata["key"]: field
        for field in dataclasses.fields(declared)
        if "parse" in field.metadata
    }

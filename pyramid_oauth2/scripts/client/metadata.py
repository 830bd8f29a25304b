"""A client's metadata as options, the same for registering and for editing."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ...protocol.clients.codecs import Codec
from ...protocol.clients.field import ClientField, Option, with_an_option
from ...settings.types import BadValue, lifetime

OTHER_FLAGS = {
    "client_id": "--client-id",
    "client_secret": "--secret-stdin",
    "overlap": "--overlap",
}


def duration(text: str) -> int:
    """The seconds of a flag such as ``600``, ``10m`` or ``1h``."""
    try:
        return lifetime(text)
    except BadValue as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def words(values: Iterable[str]) -> tuple[str, ...]:
    """Words of a repeatable flag, whose value may also hold several words."""
    return tuple(dict.fromkeys(word for value in values for word in value.split()))


def _scopes(values: Iterable[str]) -> frozenset[str]:
    return frozenset(words(values))


def _lifetimes(seconds: int) -> Mapping[str, int]:
    return {"access_token": seconds}


# By the form of a field: what argparse does with its option, and the function that converts
# what argparse returns to the field's value.
FORMS: Mapping[Codec, tuple[Mapping[str, Any], Callable[[Any], Any]]] = {
    Codec.TEXT: ({}, str),
    Codec.OPTIONAL_TEXT: ({}, str),
    Codec.TEXTS: ({"action": "append"}, tuple),
    Codec.SCOPE: ({"action": "append"}, _scopes),
    Codec.BOOLEAN: ({"action": argparse.BooleanOptionalAction}, bool),
    Codec.INTEGER: ({"type": int}, int),
    Codec.OPTIONAL_INTEGER: ({"type": int}, int),
    Codec.LIFETIMES: ({"type": duration}, _lifetimes),
}


def add_flags(parser: argparse.ArgumentParser, fields: Iterable[ClientField]) -> None:
    """Add the option of each field."""
    for field, option in with_an_option(fields):
        settings, _ = FORMS[field.codec]
        if field.codec is not Codec.BOOLEAN:
            settings = {**settings, **_value_settings(field, option)}
        parser.add_argument(
            option.flag, dest=_dest(field), default=None, help=_help(field, option), **settings
        )


def _dest(field: ClientField) -> str:
    # Not the name alone: an added field may be called as another argument is.
    return f"field {field.name}"


def _help(field: ClientField, option: Option) -> str:
    # In argparse's help a % begins a variable.
    return (option.help or field.help).replace("%", "%%")


def _value_settings(field: ClientField, option: Option) -> dict[str, Any]:
    if option.choices:
        return {"choices": option.choices, "metavar": option.metavar}
    return {"metavar": option.metavar or field.name.upper()}


def metadata_of(arguments: argparse.Namespace, fields: Iterable[ClientField]) -> dict[str, Any]:
    """The fields whose options were given."""
    found = {}
    for field, option in with_an_option(fields):
        value = getattr(arguments, _dest(field))
        if value is not None:
            _, read = FORMS[field.codec]
            found[field.name] = read(words(value) if option.words else value)
    return found


def print_problems(
    problems: Mapping[str, str], what: str, fields: Iterable[ClientField] = ()
) -> None:
    """Print what is wrong, by option."""
    flags = OTHER_FLAGS | {field.name: option.flag for field, option in with_an_option(fields)}
    print(f"poauth2: {what}:", file=sys.stderr)
    for field, text in problems.items():
        print(f"  {flags.get(field, field)}: {text}", file=sys.stderr)

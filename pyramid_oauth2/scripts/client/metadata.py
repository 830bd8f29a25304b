"""A client's metadata as options, the same for registering and for editing."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import click

from ...protocol.clients.codecs import Codec
from ...protocol.clients.field import ClientField, Option, with_an_option
from ..arguments import duration, json_file, some_text

OTHER_FLAGS = {
    "client_id": "--client-id",
    "client_secret": "--secret-stdin",
    "overlap": "--overlap",
}


def words(values: Iterable[str]) -> tuple[str, ...]:
    """Words of a repeatable flag, whose value may also hold several words."""
    return tuple(dict.fromkeys(word for value in values for word in value.split()))


def _scopes(values: Iterable[str]) -> frozenset[str]:
    return frozenset(words(values))


def _lifetimes(seconds: int) -> Mapping[str, int]:
    return {"access_token": seconds}


# By the form of a field: the settings of its option, and the function that converts what click
# returns to the field's value.
FORMS: Mapping[Codec, tuple[Mapping[str, Any], Callable[[Any], Any]]] = {
    Codec.TEXT: ({}, str),
    Codec.OPTIONAL_TEXT: ({}, str),
    Codec.TEXTS: ({"multiple": True}, tuple),
    Codec.SCOPE: ({"multiple": True}, _scopes),
    Codec.BOOLEAN: ({"is_flag": True}, bool),
    Codec.INTEGER: ({"type": int}, int),
    Codec.OPTIONAL_INTEGER: ({"type": int}, int),
    Codec.LIFETIMES: ({"type": duration}, _lifetimes),
    Codec.OPTIONAL_MAPPING: ({"type": json_file}, dict),
}


@dataclass(frozen=True, slots=True)
class Metadata:
    """The metadata that the options of a command give.

    :param fields: those that had an option.
    :param values: by the name of the field; only what was given.
    """

    fields: tuple[ClientField, ...]
    values: Mapping[str, Any]

    @classmethod
    def taken(cls, fields: Iterable[ClientField], parameters: dict[str, Any]) -> Metadata:
        """Take the values of the options out of a command's *parameters*."""
        found = tuple(fields)
        values = {}
        for field, option in with_an_option(found):
            value = parameters.pop(_parameter(field))
            if value not in (None, ()):
                _, read = FORMS[field.codec]
                values[field.name] = read(words(value) if option.words else value)
        return cls(found, values)


def options_of(fields: Iterable[ClientField]) -> list[click.Option]:
    """The options of the fields, in the order of the help."""
    return [_option(field, option) for field, option in with_an_option(fields)]


def _option(field: ClientField, option: Option) -> click.Option:
    settings, _ = FORMS[field.codec]
    flag = option.flag
    if field.codec is Codec.BOOLEAN:
        flag = f"{flag}/{flag.replace('--', '--no-', 1)}"
    elif option.choices:
        settings = {**settings, "type": click.Choice(option.choices), "metavar": option.metavar}
    else:
        metavar = option.metavar or field.name.upper()
        settings = {"type": _some_text_of(field), **settings, "metavar": metavar}
    text = option.help or field.help
    return click.Option([flag, _parameter(field)], default=None, help=text, **settings)


def _some_text_of(field: ClientField) -> Callable[[str], str]:
    def checked(word: str) -> str:
        if not word.strip():
            raise click.BadParameter(
                "it is empty; to give the field its default, leave the option out, or, of a "
                f"client that is registered: client edit CLIENT_ID --clear {field.name}"
            )
        return some_text(word)

    return checked


def _parameter(field: ClientField) -> str:
    # Not the name alone: an added field may be called as another parameter is.
    return f"field_{field.name}"


def print_problems(
    problems: Mapping[str, str], what: str, fields: Iterable[ClientField] = ()
) -> None:
    """Print what is wrong, by option."""
    flags = OTHER_FLAGS | {field.name: option.flag for field, option in with_an_option(fields)}
    print(f"poauth2: {what}:", file=sys.stderr)
    for field, text in problems.items():
        print(f"  {flags.get(field, field)}: {text}", file=sys.stderr)

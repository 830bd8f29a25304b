"""The fields of the forms: conversion between the input and a client's record."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Any

from ...protocol.clients.codecs import Codec
from ...protocol.clients.extra import value_of
from ...protocol.clients.field import ClientField, on_a_form
from ...protocol.clients.rules import InvalidClientMetadata
from ...protocol.clients.secret_keys import has_secret_key
from ...protocol.http import Parameters
from ...protocol.messages import message as _
from ...protocol.messages import message_of
from ...protocol.records import Client
from ...settings.types import BadValue, duration

# In a text that is no JSON: of a JWK, or a file in PEM (RFC 7468 section 10).
PRIVATE_KEY = re.compile(r"\"(d|k|p|q)\"|PRIVATE KEY")


@dataclass(frozen=True, slots=True)
class Input:
    """How a field is picked from a form, parsed, and shown.

    ``pick`` takes it from the parameters as it is shown again; ``read`` converts
    that to the record's value, or raises ``BadValue``; ``show`` converts back. ``again`` is
    how a form shows again what was picked.
    """

    pick: Callable[[Parameters, str], Any]
    read: Callable[[Any], Any]
    show: Callable[[Any], Any]
    again: Callable[[Any], Any] = lambda picked: picked


def _text(form: Parameters, name: str) -> str:
    return (form.once(name) or "").strip()


def _ticked(form: Parameters, name: str) -> tuple[str, ...]:
    return tuple(filter(None, form.values.get(name, ())))


def _is_ticked(form: Parameters, name: str) -> bool:
    return form.once(name) is not None


def _lines(text: str) -> tuple[str, ...]:
    lines = (line.strip() for line in text.splitlines())
    return tuple(dict.fromkeys(filter(None, lines)))


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 16):
        raise BadValue(_("write a whole number"))
    return int(text)


def _lifetimes(text: str) -> Mapping[str, int]:
    # The rules for clients limit how long it may be.
    return {"access_token": duration(text)} if text else {}


def _shown_lifetime(lifetimes: Mapping[str, int]) -> str:
    return str(lifetimes.get("access_token", ""))


def _object(text: str) -> dict[str, Any] | None:
    if not text:
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise BadValue(_("this is not JSON")) from None
    try:
        found: dict[str, Any] = Codec.OPTIONAL_MAPPING.read(value)
    except TypeError as error:
        raise BadValue(message_of(error)) from None
    return found


def _without_secret_keys(text: str) -> str:
    # No page has a private key, also not for the user who has just sent it.
    try:
        return "" if has_secret_key(json.loads(text or "null")) else text
    except (ValueError, RecursionError):
        return "" if PRIVATE_KEY.search(text) else text


LINE = Input(_text, str, str)
OPTIONAL_LINE = Input(_text, lambda text: text or None, lambda text: text or "")
NUMBER = Input(_text, _number, str)
OPTIONAL_NUMBER = Input(
    _text,
    lambda text: _number(text) if text else None,
    lambda number: "" if number is None else str(number),
)
LINES = Input(_text, _lines, "\n".join)
TICKED = Input(_ticked, lambda words: tuple(dict.fromkeys(words)), tuple)
TICKED_SCOPES = Input(_ticked, frozenset, lambda scope: tuple(sorted(scope)))
SWITCH = Input(_is_ticked, bool, bool)

# By the form of the value, and the kind of control that shows it.
INPUTS: Mapping[tuple[Codec, str], Input] = {
    (Codec.TEXT, "line"): LINE,
    (Codec.TEXT, "choice"): LINE,
    (Codec.OPTIONAL_TEXT, "line"): OPTIONAL_LINE,
    (Codec.OPTIONAL_TEXT, "url"): OPTIONAL_LINE,
    (Codec.TEXTS, "lines"): LINES,
    (Codec.TEXTS, "ticks"): TICKED,
    (Codec.SCOPE, "ticks"): TICKED_SCOPES,
    (Codec.BOOLEAN, "switch"): SWITCH,
    (Codec.INTEGER, "line"): NUMBER,
    (Codec.OPTIONAL_INTEGER, "line"): OPTIONAL_NUMBER,
    (Codec.OPTIONAL_MAPPING, "json"): Input(
        _text,
        _object,
        lambda value: "" if value is None else json.dumps(value, indent=2),
        _without_secret_keys,
    ),
    (Codec.LIFETIMES, "line"): Input(_text, _lifetimes, _shown_lifetime),
}

# The names of the fields that a form has; in the form itself.
FORM_FIELDS = "oauth2_fields"

# A form in which nothing could be unticked empties neither. An empty scope would be the
# default scopes of the server, and a client needs a grant type.
NOT_EMPTIED = frozenset({"scope", "grant_types"})

NAMELESS = {"client_name": _("write the name that users know")}


@dataclass(frozen=True, slots=True)
class Form:
    """A form as it is shown: the value of each field, and the problems with them."""

    values: Mapping[str, Any]
    problems: Mapping[str, str] = dataclass_field(default_factory=dict)


def form_of(client: Client, fields: Iterable[ClientField]) -> Form:
    """The form with the present values of a client."""
    return Form(
        {
            field.name: INPUTS[field.codec, control.kind].show(value_of(field, client))
            for field, control in on_a_form(fields)
        }
    )


def read_fields(
    parameters: Parameters, fields: Iterable[ClientField]
) -> tuple[dict[str, Any], Form]:
    """Read the *fields* of a form; its other fields are ignored.

    :return: the metadata that could be parsed, and the form to show again.
    :raises InvalidRequest: a field that may occur only once is repeated.
    """
    metadata, values, problems = {}, {}, {}
    for field, control in on_a_form(fields):
        name, input_ = field.name, INPUTS[field.codec, control.kind]
        picked = input_.pick(parameters, name)
        values[name] = input_.again(picked)
        try:
            metadata[name] = input_.read(_not_too_long(picked, control.longest))
        except BadValue as error:
            problems[name] = message_of(error)
    return metadata, Form(values, problems)


def _not_too_long(value: Any, longest: int | None) -> Any:
    if longest is not None and len(value) > longest:
        raise BadValue(_("use at most %(most)s characters", most=longest))
    return value


def broken_rules(check: Callable[..., Any], *arguments: Any) -> Mapping[str, str]:
    """The problems that a check of :mod:`pyramid_oauth2.protocol.clients.rules` finds, by field."""
    try:
        check(*arguments)
    except InvalidClientMetadata as error:
        return error.problems
    return {}


def within_choices(
    metadata: Mapping[str, Any],
    client: Client,
    choices: Mapping[str, frozenset[str]],
    known: Mapping[str, frozenset[str]],
) -> tuple[dict[str, Any], dict[str, str]]:
    """Add the values of *client* beyond the choices, which a form can neither give nor remove.

    :param choices: the values that may be chosen, by field.
    :param known: the values that the server knows, by field: all others are dropped, unless
        nothing would be left of the scope or of the grant types by that alone.
    :return: the metadata, and a problem for each field in which another value was chosen.
    """
    granted: dict[str, Any] = dict(metadata)
    problems: dict[str, str] = {}
    for name in choices.keys() & metadata.keys():
        if beyond := sorted(frozenset(metadata[name]) - choices[name]):
            named = ", ".join(beyond)[:100]
            problems[name] = _("you cannot choose %(values)s here", values=named)
        had = getattr(client, name)
        left = [choice for choice in had if choice in known[name]]
        chosen = (*metadata[name], *(choice for choice in left if choice not in choices[name]))
        if not chosen and not left and name in NOT_EMPTIED:
            chosen = tuple(had)
        granted[name] = type(metadata[name])(chosen)
    return granted, problems

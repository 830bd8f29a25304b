"""The fields of the forms: conversion between the input and a client's record."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Any

from ...protocol.clients.rules import InvalidClientMetadata
from ...protocol.http import Parameters
from ...protocol.records import SUBJECT_LENGTH, Client
from ...settings.types import BadValue, duration


@dataclass(frozen=True, slots=True)
class Field:
    """How a field is picked from a form, parsed, and shown.

    ``pick`` takes it from the parameters as it is shown again; ``read`` converts
    that to the record's value, or raises ``BadValue``; ``show`` converts back.
    """

    pick: Callable[[Parameters, str], Any]
    read: Callable[[Any], Any]
    show: Callable[[Any], Any]


def _text(form: Parameters, name: str) -> str:
    return (form.once(name) or "").strip()


def _ticked(form: Parameters, name: str) -> tuple[str, ...]:
    return tuple(filter(None, form.values.get(name, ())))


def _is_ticked(form: Parameters, name: str) -> bool:
    return form.once(name) is not None


def _lines(text: str) -> tuple[str, ...]:
    lines = (line.strip() for line in text.splitlines())
    return tuple(dict.fromkeys(filter(None, lines)))


def _owner(text: str) -> str | None:
    if len(text) > SUBJECT_LENGTH:
        raise BadValue(f"use at most {SUBJECT_LENGTH} characters")
    return text or None


def _lifetimes(text: str) -> Mapping[str, int]:
    # The rules for clients limit how long it may be.
    return {"access_token": duration(text)} if text else {}


def _shown_lifetime(lifetimes: Mapping[str, int]) -> str:
    return str(lifetimes.get("access_token", ""))


LINE = Field(_text, str, str)
URI = Field(_text, lambda text: text or None, lambda uri: uri or "")
LINES = Field(_text, _lines, "\n".join)
TICKED = Field(_ticked, lambda words: tuple(dict.fromkeys(words)), tuple)
TICKED_SCOPES = Field(_ticked, frozenset, lambda scope: tuple(sorted(scope)))
SWITCH = Field(_is_ticked, bool, bool)

NAMELESS = {"client_name": "say what people know it by"}

# By the field of a client.
FIELDS: Mapping[str, Field] = {
    "client_name": LINE,
    "redirect_uris": LINES,
    "allowed_origins": LINES,
    "grant_types": TICKED,
    "scope": TICKED_SCOPES,
    "optional_scope": TICKED_SCOPES,
    "token_endpoint_auth_method": LINE,
    "client_uri": URI,
    "logo_uri": URI,
    "policy_uri": URI,
    "tos_uri": URI,
    "contacts": LINES,
    "consent": LINE,
    "require_pkce": SWITCH,
    "resource_server": SWITCH,
    "lifetimes": Field(_text, _lifetimes, _shown_lifetime),
    "owner": Field(_text, _owner, lambda owner: owner or ""),
}


@dataclass(frozen=True, slots=True)
class Form:
    """A form as it is shown: the value of each field, and the problems with them."""

    values: Mapping[str, Any]
    problems: Mapping[str, str] = dataclass_field(default_factory=dict)


def form_of(client: Client, names: Iterable[str]) -> Form:
    """The form with the present values of a client."""
    return Form({name: FIELDS[name].show(getattr(client, name)) for name in names})


def read_fields(parameters: Parameters, names: Iterable[str]) -> tuple[dict[str, Any], Form]:
    """Read the fields *names* of a form; its other fields are ignored.

    :return: the metadata that could be parsed, and the form to show again.
    :raises InvalidRequest: a field that may occur only once is repeated.
    """
    values = {name: FIELDS[name].pick(parameters, name) for name in names}
    metadata, problems = {}, {}
    for name, value in values.items():
        try:
            metadata[name] = FIELDS[name].read(value)
        except BadValue as error:
            problems[name] = str(error)
    return metadata, Form(values, problems)


def broken_rules(check: Callable[..., Any], *arguments: Any) -> dict[str, str]:
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
    :param known: the values that the server knows, by field: all others are dropped.
    :return: the metadata, and a problem for each field in which another value was chosen.
    """
    granted, problems = dict(metadata), {}
    for name in choices.keys() & metadata.keys():
        if beyond := sorted(frozenset(metadata[name]) - choices[name]):
            problems[name] = f"you cannot choose {', '.join(beyond)[:100]} here"
        had = (choice for choice in getattr(client, name) if choice not in choices[name])
        more = [choice for choice in had if choice in known[name]]
        granted[name] = type(metadata[name])((*metadata[name], *more))
    return granted, problems

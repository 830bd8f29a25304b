"""The controls of a form: each field with the words and the choices that the form shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ...protocol.clients.field import ClientField, Control, on_a_form


@dataclass(frozen=True, slots=True)
class Shown:
    """A field as a template shows it; ``label`` and ``hint`` are still to be translated."""

    name: str
    kind: str
    label: str
    hint: str
    choices: Any
    folded: bool


def shown_fields(
    fields: Iterable[ClientField], *, for_users: bool, choices: Mapping[str, Any]
) -> list[Shown]:
    """The fields of a form, in its order.

    :param for_users: whether the client acts for users; some words are others if it does not.
    :param choices: those that the server determines, by field.
    """
    return [
        Shown(
            field.name,
            control.kind,
            _label(control, for_users),
            control.hint if for_users else control.hint_alone or control.hint,
            choices.get(field.name, control.choices),
            control.folded,
        )
        for field, control in on_a_form(fields)
    ]


def labels(fields: Iterable[ClientField], *, for_users: bool) -> dict[str, str]:
    """The label of each field, also of one that this form does not have."""
    return {field.name: _label(control, for_users) for field, control in on_a_form(fields)}


def _label(control: Control, for_users: bool) -> str:
    return control.label if for_users else control.label_alone or control.label

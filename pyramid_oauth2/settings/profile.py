"""A profile: one line of the ini that sets several others, and refuses what is weaker.

It is a value: the settings that it sets where the ini does not, and the rules that every setting
has to keep, wherever it comes from. The profiles are in :mod:`.profiles`, a module each.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Default:
    """A setting of a profile, for an ini that does not have it.

    :param key: the setting, without ``oauth2.``.
    :param value: what its parser accepts.
    :param reason: why, in a few words for the log.
    """

    key: str
    value: Any
    reason: str


@dataclass(frozen=True, slots=True)
class Rule:
    """What a setting may not be, as it would be weaker than the profile.

    :param key: the setting, without ``oauth2.``.
    :param is_kept: whether a value keeps the rule; the second argument has the values of all
        settings by their keys.
    :param demand: the rule, in a sentence without its full stop.
    :param source: the document and section that has it.
    :param cure: what to write instead, in a sentence.
    """

    key: str
    is_kept: Callable[[Any, Values], bool]
    demand: str
    source: str
    cure: str


@dataclass(frozen=True, slots=True)
class Profile:
    """A bundle of defaults, and of rules that refuse what is weaker.

    :param name: as ``oauth2.profile`` has it.
    :param clients: the clients that are meant to be pinned: their client_id, by their names.
    """

    name: str
    defaults: tuple[Default, ...]
    rules: tuple[Rule, ...]
    clients: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def chosen(self, ours: Values) -> dict[str, Default]:
        """The defaults that count, by their keys: those of settings that the ini does not have.

        A blank value in the ini means the default of the setting, and not that of the profile: so
        an ini can have, for example, no private schemes at all.

        :param ours: the settings of the ini by their key without ``oauth2.``.
        """
        return {each.key: each for each in self.defaults if ours.get(each.key) is None}

    def completed(self, ours: Values) -> dict[str, Any]:
        """The settings of the ini, with the defaults that count."""
        return {**ours, **{key: each.value for key, each in self.chosen(ours).items()}}

    def refusals(self, values: Values) -> Iterator[str]:
        """A sentence for each setting that is weaker than its rule.

        :param values: the parsed values by their key without ``oauth2.``. A rule for a setting
            that is not there, as its feature is not included, is kept.
        """
        for rule in self.rules:
            if rule.key in values and not rule.is_kept(values[rule.key], values):
                yield (
                    f"oauth2.{rule.key} = {as_written(values[rule.key])} is weaker than "
                    f"oauth2.profile = {self.name}: {rule.demand} ({rule.source}). {rule.cure}"
                )

    def announcement(self, ours: Values) -> str:
        """What the profile has set, and why, in a line for the log."""
        found = ", ".join(
            f"oauth2.{each.key} = {as_written(each.value)} ({each.reason})"
            for each in self.chosen(ours).values()
        )
        return f"oauth2.profile = {self.name} sets {found or 'nothing: the ini has all'}"


def as_written(value: Any) -> str:
    """A value as the ini would have it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Collection) and not isinstance(value, str):
        return " ".join(sorted(value))
    return str(value)

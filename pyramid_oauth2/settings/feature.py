"""The settings of a feature: a class of its own, declared like ours, below a prefix.

::

    @dataclass(frozen=True)
    class BadgeSettings:
        lifetime: int = setting(lifetime, 3600, "How long a badge is valid.")

    config.add_oauth2_settings("badges", BadgeSettings)  # oauth2.badges.lifetime
    settings.of(BadgeSettings).lifetime

A class may have a method ``signing_algorithms()``, see :class:`Signing`, or ``recognised_for()``,
see :class:`Recognising`.

A class may have a method ``contradictions(settings)``, which yields a sentence for each
contradiction between its values, or between them and the other settings. It is called if
every setting could be parsed.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from zope.interface import implementer

from ..interfaces.application import ISettingsPrefix
from .declaration import declared_fields
from .values import parse_values

NAME = re.compile(r"[a-z][a-z0-9_]*")


@runtime_checkable
class Contradictable(Protocol):
    """Settings that may contradict each other, or other settings."""

    def contradictions(self, settings: Any) -> Iterable[str]:
        """A sentence for each contradiction: what it is, and what to write.

        :param settings: the :class:`~pyramid_oauth2.settings.Settings`.
        """


@runtime_checkable
class Signing(Protocol):
    """Settings of a feature that is going to sign."""

    def signing_algorithms(self) -> Iterable[str]:
        """The algorithms whose keys are published before anything is signed."""


@runtime_checkable
class Recognising(Protocol):
    """Settings of a feature that recognises what the server has signed, also after its end."""

    def recognised_for(self) -> int:
        """For how many seconds, at least, a public key is needed after it last signed."""


@implementer(ISettingsPrefix)
@dataclass(frozen=True, slots=True)
class FeatureSettings:
    """A declared class with its values.

    :param values: an object of the class; a setting whose text is wrong has its default.
    :param mistakes: one message for each wrong or missing setting.
    """

    prefix: str
    declared: type[Any]
    values: Any = field(repr=False)
    mistakes: tuple[str, ...] = ()

    @property
    def keys(self) -> frozenset[str]:
        """The names below the prefix; an empty one is the prefix itself."""
        return frozenset(declared_fields(self.declared))

    @property
    def fields(self) -> dict[str, dataclasses.Field[Any]]:
        """The declared settings, by their key without ``oauth2.``."""
        return fields_below(self.prefix, self.declared)

    def contradictions(self, settings: Any) -> list[str]:
        """A sentence for each contradiction that the class finds."""
        if not isinstance(self.values, Contradictable):
            return []
        return list(self.values.contradictions(settings))


def fields_below(prefix: str, declared: type[Any]) -> dict[str, dataclasses.Field[Any]]:
    """The settings that a class declares, by their key without ``oauth2.``."""
    return {full_key(prefix, key): each for key, each in declared_fields(declared).items()}


def full_key(prefix: str, key: str) -> str:
    """The key without ``oauth2.`` of a name below a prefix."""
    return f"{prefix}.{key}" if key else prefix


def parse_feature(prefix: str, declared: type[Any], ours: Mapping[str, Any]) -> FeatureSettings:
    """Parse the settings below a prefix.

    :param ours: the settings of the ini by their key without ``oauth2.``.
    :raises ValueError: the prefix or the class cannot be used.
    """
    if not NAME.fullmatch(prefix):
        raise ValueError("a prefix has lower-case letters, digits and '_' only")
    _check_class(declared)
    values, mistakes = parse_values(fields_below(prefix, declared), ours)
    return FeatureSettings(prefix, declared, declared(**values), tuple(mistakes))


def _check_class(declared: type[Any]) -> None:
    parameters = getattr(declared, "__dataclass_params__", None)
    if parameters is None or not parameters.frozen:
        raise ValueError(f"{declared.__qualname__} is not a frozen dataclass")
    fields = dataclasses.fields(declared)
    if other := [each.name for each in fields if "parse" not in each.metadata]:
        raise ValueError(f"{declared.__qualname__}.{other[0]} is not declared by setting(...)")
    by_key = declared_fields(declared)
    if len(by_key) < len(fields):
        raise ValueError(f"two settings of {declared.__qualname__} have the same key")
    for each in fields:
        if unknown := [key for key in each.metadata["needs"] if key not in by_key]:
            raise ValueError(
                f"{declared.__qualname__}.{each.name} needs {unknown[0]!r}, which is the key of no "
                "setting of the class"
            )

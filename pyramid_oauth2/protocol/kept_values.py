"""The values of request extensions, in the records where they stay."""

from __future__ import annotations

import json
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from typing import Any

from .envelope import CRITICAL, NotUnderstood, loads, mark_critical

MEMBER = "extensions"


def critical_name(extension: str) -> str:
    """How the value of an extension is named among the critical members of a record."""
    return f"{MEMBER}.{extension}"


@dataclass(frozen=True, slots=True)
class KeptValues:
    """Values of request extensions, as JSON.

    A value whose extension is not registered is kept, and has no effect.

    :param values: by the names of their extensions.
    :param critical: the names of those that must not be ignored: where such an extension
        is not registered, the record cannot be used.
    """

    values: Mapping[str, Any] = field(default_factory=dict, repr=False)
    critical: frozenset[str] = frozenset()

    def only(self, names: Container[str]) -> KeptValues:
        """The values of these extensions."""
        return KeptValues(
            {name: value for name, value in self.values.items() if name in names},
            frozenset(name for name in self.critical if name in names),
        )

    def write(self, members: dict[str, Any]) -> None:
        """Put the values into the members of a record; nothing if there are none."""
        members.pop(MEMBER, None)
        if self.values:
            members[MEMBER] = dict(self.values)
            mark_critical(members, map(critical_name, self.critical))

    @classmethod
    def of(cls, members: Mapping[str, Any]) -> KeptValues:
        """The values in the members of a record.

        :raises NotUnderstood: they cannot be read.
        """
        values = members.get(MEMBER, {})
        if not isinstance(values, dict):
            raise NotUnderstood("has values that cannot be read")
        critical = members.get(CRITICAL, [])
        return cls(values, frozenset(name for name in values if critical_name(name) in critical))


NOTHING_KEPT = KeptValues()


def kept_in(data: bytes) -> KeptValues:
    """The values in the ``data`` of a record that was checked before."""
    members = loads(data) if MEMBER.encode() in data else None
    return KeptValues.of(members) if isinstance(members, dict) else NOTHING_KEPT


def as_json(value: Any) -> Any:
    """A value as it is read back from a record.

    :raises TypeError: it cannot be written as JSON.
    """
    return json.loads(json.dumps(value))

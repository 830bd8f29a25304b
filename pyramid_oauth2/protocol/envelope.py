"""The opaque ``data`` of a record: JSON members, some of which a later version may have written.

While a new version is rolled out, the old one reads what the new one wrote.
What it does not know it passes over, and writes back when it changes the
record. What the record names in ``critical`` must be understood: a token that
is bound to a key, say, would work without it at a version that ignores that.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from types import UnionType
from typing import Any, get_args, get_type_hints

CRITICAL = "critical"
OTHERS = "others"  # the field that keeps what a codec does not know


class NotUnderstood(Exception):
    """The record cannot be used by this version of the server; it may still be revoked, and copied.

    The message completes "the token ...", or "the grant ..." of a grant.
    """


def loads(data: bytes) -> Any:
    """The JSON in the ``data`` of a record: no member where it is empty, None where it is none."""
    try:
        return json.loads(data) if data else {}
    except (ValueError, RecursionError):
        return None


@dataclass(frozen=True, slots=True)
class Members:
    """What one kind of record is known to hold.

    :param names: of all members, in their order, with the type that each must have.
    :param required: of those that are always there.
    """

    names: Mapping[str, Any] = field(default_factory=dict)
    required: frozenset[str] = frozenset()

    @classmethod
    def of(cls, codec: type[Any]) -> Members:
        """The fields of a dataclass, but for :data:`OTHERS`."""
        declared = [each for each in fields(codec) if each.name != OTHERS]
        required = frozenset(each.name for each in declared if each.default is MISSING)
        hints = get_type_hints(codec)
        return cls({each.name: _simple(hints[each.name]) for each in declared}, required)

    def write(self, record: Any) -> dict[str, Any]:
        """The members of a dataclass, beside those that it was read with and does not know."""
        return {**record.others, **{name: getattr(record, name) for name in self.names}}

    def read(self, data: bytes) -> tuple[dict[str, Any], Mapping[str, Any]]:
        """The members that are known, and the others.

        :raises NotUnderstood: a critical one is not known, or this is no such record.
        """
        return self.split(loads(data))

    def split(self, members: Any) -> tuple[dict[str, Any], Mapping[str, Any]]:
        """The same, of members that were read before."""
        if not isinstance(members, dict) or not self.required <= members.keys():
            raise NotUnderstood("cannot be read by this version of the server")
        others = {}
        for name, value in members.items():
            if name not in self.names:
                others[name] = value
            elif not _is(value, self.names[name]):
                raise NotUnderstood("cannot be read by this version of the server")
        if not others:
            return members, others
        self._check_critical(others.get(CRITICAL, []))
        return {name: members[name] for name in members.keys() - others.keys()}, others

    def _check_critical(self, critical: Any) -> None:
        # As "crit" of RFC 7515 section 4.1.11: what is named there and not
        # understood makes the whole invalid.
        known = [*self.names]  # A list, for what is named there need not be hashable.
        if not isinstance(critical, list) or not all(name in known for name in critical):
            raise NotUnderstood("needs a later version of the server")


def _simple(hint: Any) -> Any:
    # What JSON has no type for is a list, a text or an object there: its codec looks at it.
    parts = get_args(hint) if isinstance(hint, UnionType) else (hint,)
    return hint if {str, int, bool, type(None)}.issuperset(parts) else object


def _is(value: Any, expected: Any) -> bool:
    if isinstance(value, bool):  # To Python it is a number as well.
        return expected in (bool, object)
    return isinstance(value, expected)


_UNKNOWN = Members()


def check_understood(data: bytes) -> None:
    """Look at the ``data`` of a record of which this version knows no member.

    :raises NotUnderstood: one is critical.
    """
    if data:
        _UNKNOWN.read(data)

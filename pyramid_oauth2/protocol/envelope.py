"""The opaque ``data`` of a record: JSON members, some of which a later version may have written.

While a new version is rolled out, the old one reads records of the new one. It
ignores members that it does not know, and preserves them when it changes the
record. Members that the record names in ``critical`` must be understood: a
token that is bound to a key, for example, would otherwise be accepted without
the key by a version that ignores the binding.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from types import UnionType
from typing import Any, ClassVar, get_args, get_type_hints

from .refusal import OWN_RULE, Refusal

CRITICAL = "critical"
OTHERS = "others"  # the field that holds members unknown to a codec


class NotUnderstood(Exception):
    """This version of the server cannot use the record; it can still be revoked and copied.

    The message completes a sentence that begins with "the token", or "the grant" for a grant.
    """

    refusal: ClassVar[Refusal] = Refusal("record_understood", OWN_RULE, decided_by="record")


def loads(data: bytes) -> Any:
    """Parse the ``data`` of a record: no members if it is empty, None if it is not JSON."""
    try:
        # Decoded here: json.loads would first look for UTF-16 and UTF-32, which takes as long.
        return json.loads(data.decode()) if data else {}
    except (ValueError, RecursionError):
        return None


def dumps(value: Any) -> bytes:
    """JSON without spaces: of records there are millions, and of Redis all are in memory."""
    return _encode(value).encode()


# Kept: json.dumps makes an encoder at each call with separators, which takes 4 microseconds.
_encode = json.JSONEncoder(separators=(",", ":")).encode


def mark_critical(members: dict[str, Any], names: Iterable[str]) -> None:
    """Name members of a record as critical, beside those that are already."""
    if critical := {*members.get(CRITICAL, ()), *names}:
        members[CRITICAL] = sorted(critical)


@dataclass(frozen=True, slots=True)
class Members:
    """The known members of one kind of record.

    :param names: maps the name of each member, in order, to the type that it must have.
    :param required: the names of the members that are always present.
    :param defaults: the values of the others, which are then left out.
    """

    names: Mapping[str, Any] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    defaults: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, codec: type[Any]) -> Members:
        """The fields of a dataclass, except :data:`OTHERS`."""
        declared = [each for each in fields(codec) if each.name != OTHERS]
        defaults = {each.name: each.default for each in declared if each.default is not MISSING}
        hints = get_type_hints(codec)
        names = {each.name: _simple(hints[each.name]) for each in declared}
        return cls(names, frozenset(names.keys() - defaults.keys()), defaults)

    def write(self, record: Any) -> dict[str, Any]:
        """The members of *record*, together with the unknown ones that it was read with."""
        values = {name: getattr(record, name) for name in self.names}
        written = {
            name: value
            for name, value in values.items()
            if name in self.required or value != self.defaults[name]
        }
        return {**record.others, **written}

    def read(
        self, data: bytes, understood: Collection[str] = ()
    ) -> tuple[dict[str, Any], Mapping[str, Any]]:
        """Return the known members, and the others.

        :param understood: what a record may name as critical beside its members: the values
            of the registered request extensions.
        :raises NotUnderstood: a critical member is unknown, or *data* is not such a record.
        """
        return self.split(loads(data), understood)

    def split(
        self, members: Any, understood: Collection[str] = ()
    ) -> tuple[dict[str, Any], Mapping[str, Any]]:
        """The same as :meth:`read`, for members that are already parsed."""
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
        self._check_critical(others.get(CRITICAL, []), understood)
        return {name: members[name] for name in members.keys() - others.keys()}, others

    def _check_critical(self, critical: Any, understood: Collection[str]) -> None:
        # Like "crit" of RFC 7515 section 4.1.11: if a member that it names is
        # not understood, the whole record is invalid.
        known = [*self.names, *understood]  # A list: names in *critical* need not be hashable.
        unknown = [name for name in critical if name not in known] if _is_list(critical) else [None]
        if unknown and all(isinstance(name, str) and "." in name for name in unknown):
            raise NotUnderstood("needs a plug-in that this server does not have")
        if unknown:
            raise NotUnderstood("needs a later version of the server")


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _simple(hint: Any) -> Any:
    # A type that JSON does not have is stored as a list, string or object; its codec checks it.
    parts = get_args(hint) if isinstance(hint, UnionType) else (hint,)
    return hint if {str, int, bool, type(None)}.issuperset(parts) else object


def _is(value: Any, expected: Any) -> bool:
    if isinstance(value, bool):  # In Python a bool is also an int.
        return expected in (bool, object)
    return isinstance(value, expected)


_UNKNOWN = Members()


def check_understood(data: bytes, understood: Collection[str] = ()) -> None:
    """Check the ``data`` of a record of which this version knows no members.

    :param understood: as for :meth:`Members.read`.
    :raises NotUnderstood: one of them is critical.
    """
    if data:
        _UNKNOWN.read(data, understood)

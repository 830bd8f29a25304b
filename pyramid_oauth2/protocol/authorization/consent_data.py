"""The opaque ``data`` of a remembered consent's record."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..envelope import Members
from ..kept_values import MEMBER, NOTHING_KEPT, KeptValues


@dataclass(frozen=True, slots=True)
class ConsentData:
    """What a consent's record holds beside its columns.

    ``extensions`` is what request extensions remember; ``others`` are the members that a
    later version wrote.
    """

    extensions: KeptValues = NOTHING_KEPT
    others: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def encode(self) -> bytes:
        """As the opaque ``data`` of a record; empty if there is nothing."""
        members = dict(self.others)
        self.extensions.write(members)
        return json.dumps(members).encode() if members else b""

    @classmethod
    def decode(cls, data: bytes, understood: Collection[str] = ()) -> ConsentData:
        """From the ``data`` of a record.

        :param understood: as for :meth:`~..envelope.Members.read`.
        :raises NotUnderstood: a later version may have limited the consent.
        """
        members, others = _MEMBERS.read(data, understood)
        return cls(KeptValues.of({**members, **others}), others)


_MEMBERS = Members({MEMBER: dict})

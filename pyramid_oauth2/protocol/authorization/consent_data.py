"""The opaque ``data`` of a remembered consent's record."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..envelope import Members, NotUnderstood, dumps
from ..kept_values import MEMBER, NOTHING_KEPT, KeptValues


@dataclass(frozen=True, slots=True)
class ConsentData:
    """What a consent's record holds beside its columns.

    ``extensions`` is what request extensions remember; ``declined`` are the optional scopes that
    the user unticked; ``epoch`` is the client's when the consent was given; ``others`` are the
    members that a later version wrote.
    """

    extensions: KeptValues = NOTHING_KEPT
    declined: frozenset[str] = frozenset()
    epoch: int = 0
    others: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def encode(self) -> bytes:
        """As the opaque ``data`` of a record; empty if there is nothing."""
        members = dict(self.others)
        self.extensions.write(members)
        # Neither is critical: a version that ignores them asks the user more often, or as often.
        if self.declined:
            members[DECLINED] = sorted(self.declined)
        if self.epoch:
            members[EPOCH] = self.epoch
        return dumps(members) if members else b""

    @classmethod
    def decode(cls, data: bytes, understood: Collection[str] = ()) -> ConsentData:
        """From the ``data`` of a record.

        :param understood: as for :meth:`~..envelope.Members.read`.
        :raises NotUnderstood: a later version may have limited the consent.
        """
        members, others = _MEMBERS.read(data, understood)
        declined = members.get(DECLINED, [])
        if not all(isinstance(scope, str) for scope in declined):
            raise NotUnderstood("has declined scopes that cannot be read")
        return cls(
            KeptValues.of({**members, **others}),
            frozenset(declined),
            members.get(EPOCH, 0),
            others,
        )


DECLINED, EPOCH = "declined", "epoch"
_MEMBERS = Members({MEMBER: dict, DECLINED: list, EPOCH: int})

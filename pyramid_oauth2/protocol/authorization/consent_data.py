"""The opaque ``data`` of a remembered consent's record."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..envelope import Members, NotUnderstood, dumps
from ..kept_values import MEMBER, NOTHING_KEPT, KeptValues


@dataclass(frozen=True, slots=True)
class Decision:
    """What a user has decided for one resource.

    :param scope: what they allowed there.
    :param declined: the optional scopes that they unticked.
    :param expires_at: until when it counts, in UTC seconds.
    """

    scope: frozenset[str]
    declined: frozenset[str]
    expires_at: int

    def members(self) -> dict[str, Any]:
        """As members of a record."""
        scopes = {SCOPE: sorted(self.scope), DECLINED: sorted(self.declined)}
        return {**scopes, EXPIRES_AT: self.expires_at}

    @classmethod
    def of(cls, members: Any) -> Decision:
        """From the members of a record.

        :raises NotUnderstood: it cannot be read.
        """
        known, _ = _DECISION.split(members)
        return cls(_scopes(known[SCOPE]), _scopes(known[DECLINED]), known[EXPIRES_AT])


@dataclass(frozen=True, slots=True)
class ConsentData:
    """What a consent's record holds beside its columns.

    ``extensions`` is what request extensions remember; ``declined`` are the optional scopes that
    the user unticked; ``epoch`` is the client's when the consent was given; ``elsewhere`` is what
    they decided before, for other resources than those of the record, by resource; ``others``
    are the members that a later version wrote.
    """

    extensions: KeptValues = NOTHING_KEPT
    declined: frozenset[str] = frozenset()
    epoch: int = 0
    elsewhere: Mapping[str, Decision] = field(default_factory=dict)
    others: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def encode(self) -> bytes:
        """As the opaque ``data`` of a record; empty if there is nothing."""
        members = dict(self.others)
        self.extensions.write(members)
        # None is critical: a version that ignores them asks the user more often, or as often.
        if self.declined:
            members[DECLINED] = sorted(self.declined)
        if self.epoch:
            members[EPOCH] = self.epoch
        if self.elsewhere:
            members[ELSEWHERE] = {name: each.members() for name, each in self.elsewhere.items()}
        return dumps(members) if members else b""

    @classmethod
    def decode(cls, data: bytes, understood: Collection[str] = ()) -> ConsentData:
        """From the ``data`` of a record.

        :param understood: as for :meth:`~..envelope.Members.read`.
        :raises NotUnderstood: a later version may have limited the consent.
        """
        members, others = _MEMBERS.read(data, understood)
        elsewhere = members.get(ELSEWHERE, {})
        return cls(
            KeptValues.of({**members, **others}),
            _scopes(members.get(DECLINED, [])),
            members.get(EPOCH, 0),
            {name: Decision.of(each) for name, each in elsewhere.items()},
            others,
        )


def _scopes(names: list[Any]) -> frozenset[str]:
    if not all(isinstance(name, str) for name in names):
        raise NotUnderstood("has scopes that cannot be read")
    return frozenset(names)


DECLINED, EPOCH, ELSEWHERE = "declined", "epoch", "elsewhere"
SCOPE, EXPIRES_AT = "scope", "expires_at"
_DECISION_TYPES = {SCOPE: list, DECLINED: list, EXPIRES_AT: int}
_DECISION = Members(_DECISION_TYPES, frozenset(_DECISION_TYPES))
_MEMBERS = Members({MEMBER: dict, DECLINED: list, EPOCH: int, ELSEWHERE: dict})

"""The opaque ``data`` of a grant's record: what the store need not know of a grant."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from .access import Access, Details
from .authentication import Authentication, authentication_of
from .envelope import Members, NotUnderstood, dumps, mark_critical
from .kept_values import MEMBER as EXTENSIONS
from .kept_values import NOTHING_KEPT, KeptValues
from .records import Grant


@dataclass(frozen=True, slots=True)
class GrantData:
    """What a grant's record holds beside its columns; it never changes.

    :param authentication: how the user authenticated when they allowed it.
    :param details: what the scope cannot express (RFC 9396 section 2).
    :param extensions: the values of request extensions that stay in the grant.
    """

    authentication: Authentication | None = None
    details: tuple[Details, ...] = ()
    extensions: KeptValues = NOTHING_KEPT

    @classmethod
    def decode(cls, data: bytes, understood: Collection[str] = ()) -> GrantData:
        """From the ``data`` of a record.

        :param understood: as for :meth:`~.envelope.Members.read`.
        :raises NotUnderstood: this version cannot say what the grant allows.
        """
        if not data:
            return _EMPTY
        members, others = _MEMBERS.read(data, understood)
        details = members.get("details", [])
        if not isinstance(details, list) or not all(isinstance(each, dict) for each in details):
            raise NotUnderstood("has a limit that cannot be read")
        if EXTENSIONS not in members:
            return cls(authentication_of(members), tuple(details))
        kept = KeptValues.of({**members, **others})
        return cls(authentication_of(members), tuple(details), kept)


# The resources have a column; here they are only named as critical.
_MEMBERS = Members(dict.fromkeys(("authentication", "details", "resources", EXTENSIONS), object))
_EMPTY = GrantData()


def grant_data(
    access: Access,
    authentication: Authentication | None,
    extensions: KeptValues = NOTHING_KEPT,
) -> bytes:
    """The ``data`` of a new grant's record; empty if there is nothing."""
    members: dict[str, Any] = {}
    if authentication is not None:
        members["authentication"] = authentication.members()
    if access.details:
        members["details"] = list(access.details)
    mark_critical(members, access.limits())
    extensions.write(members)
    return dumps(members) if members else b""


def access_of(grant: Grant, understood: Collection[str] = ()) -> Access:
    """Everything that the grant allows.

    :param understood: as for :meth:`~.envelope.Members.read`.
    :raises NotUnderstood: this version cannot say it.
    """
    return Access(grant.scope, grant.resources, GrantData.decode(grant.data, understood).details)

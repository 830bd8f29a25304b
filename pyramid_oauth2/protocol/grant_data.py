"""The opaque ``data`` of a grant's record: what the store need not know of a grant."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from .access import Access, Details
from .authentication import Authentication, authentication_of
from .envelope import CRITICAL, Members, NotUnderstood
from .records import Grant


@dataclass(frozen=True, slots=True)
class GrantData:
    """What a grant's record holds beside its columns; it never changes.

    :param authentication: how the user authenticated when they allowed it.
    :param details: what the scope cannot express (RFC 9396 section 2).
    """

    authentication: Authentication | None = None
    details: tuple[Details, ...] = ()

    @classmethod
    def decode(cls, data: bytes) -> GrantData:
        """From the ``data`` of a record.

        :raises NotUnderstood: this version cannot say what the grant allows.
        """
        if not data:
            return _EMPTY
        members, _ = _MEMBERS.read(data)
        details = members.get("details", [])
        if not isinstance(details, list) or not all(isinstance(each, dict) for each in details):
            raise NotUnderstood("has a limit that cannot be read")
        return cls(authentication_of(members), tuple(details))


# The resources have a column; here they are only named as critical.
_MEMBERS = Members({"authentication": object, "details": object, "resources": object})
_EMPTY = GrantData()


def grant_data(access: Access, authentication: Authentication | None) -> bytes:
    """The ``data`` of a new grant's record; empty if there is nothing."""
    members: dict[str, Any] = {}
    if authentication is not None:
        members["authentication"] = authentication.members()
    if access.details:
        members["details"] = list(access.details)
    if limits := access.limits():
        members[CRITICAL] = limits
    return json.dumps(members).encode() if members else b""


def access_of(grant: Grant) -> Access:
    """Everything that the grant allows.

    :raises NotUnderstood: this version cannot say it.
    """
    return Access(grant.scope, grant.resources, GrantData.decode(grant.data).details)

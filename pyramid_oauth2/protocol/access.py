"""What is requested, what is granted, and what a token allows: one value for all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from .envelope import NotUnderstood
from .errors import InvalidAuthorizationDetails, InvalidScope, InvalidTarget
from .refusal import Refusal
from .scopes import format_scope, named_scope, parse_scope

Details: TypeAlias = Mapping[str, Any]
"""An object of ``authorization_details``, as JSON (RFC 9396 section 2)."""

LIMITS = ("resources", "details")
"""The members that limit an access. A version that does not know one must not ignore it."""

SCOPE_GRANTED = Refusal("scope_granted", "RFC 6749 section 6", decided_by="grant")
RESOURCE_GRANTED = Refusal("resource_granted", "RFC 8707 section 2.2", decided_by="grant")
DETAILS_GRANTED = Refusal("details_granted", "RFC 9396 section 6", decided_by="grant")


@dataclass(frozen=True, slots=True)
class Access:
    """A scope, and the limits of where and for what it counts.

    :param scope: RFC 6749 section 3.3.
    :param resources: the protected resources that it is limited to (RFC 8707 section 2);
        without any, it counts at the resources that no name was given.
    :param details: what the scope cannot express (RFC 9396 section 2).
    """

    scope: frozenset[str]
    resources: tuple[str, ...] = ()
    details: tuple[Details, ...] = ()

    def covers(self, other: Access) -> bool:
        """Whether *other* is a part of this. An access that is limited covers no unlimited one."""
        return other.scope <= self.scope and self._covers_limits(other)

    def _covers_limits(self, other: Access) -> bool:
        return (
            set(other.resources) <= set(self.resources)
            and all(each in self.details for each in other.details)
            and bool(other.resources) == bool(self.resources)
            and bool(other.details) == bool(self.details)
        )

    def narrowed_to(self, requested: Access, what: str) -> Access:
        """The requested part of this: of what is not requested, all.

        :param what: begins the description of an error, such as "The refresh token".
        :raises InvalidScope: a scope is not in this (RFC 6749 section 6).
        :raises InvalidTarget: a resource is not in this (RFC 8707 section 2.2).
        :raises InvalidAuthorizationDetails: details are not in this (RFC 9396 section 6).
        """
        # What is in the way alone: of a long list a log line has the beginning.
        if excess := requested.scope - self.scope:
            raise InvalidScope(
                f"{what} was not issued for this scope: {named_scope(excess)}.",
                refusal=SCOPE_GRANTED.comparing(excess=excess, granted=self.scope),
            )
        if others := set(requested.resources) - set(self.resources):
            raise InvalidTarget(
                f"{what} was not issued for one of these resources.",
                refusal=RESOURCE_GRANTED.comparing(excess=others, granted=self.resources),
            )
        if not all(each in self.details for each in requested.details):
            # What the details say may be as private as a payment.
            raise InvalidAuthorizationDetails(
                f"{what} was not issued for these details.", refusal=DETAILS_GRANTED
            )
        return Access(
            requested.scope or self.scope,
            requested.resources or self.resources,
            requested.details or self.details,
        )

    def with_scope(self, scope: frozenset[str]) -> Access:
        """The same limits, with another scope."""
        return Access(scope, self.resources, self.details)

    def limits(self) -> list[str]:
        """The names of the limits that it has: critical members of a record."""
        return [name for name in LIMITS if getattr(self, name)]

    def members(self) -> dict[str, Any]:
        """As members of a record; a limit that is not there is left out."""
        members: dict[str, Any] = {"scope": format_scope(self.scope)}
        for name in self.limits():
            members[name] = list(getattr(self, name))
        return members

    @classmethod
    def of(cls, members: Mapping[str, Any]) -> Access:
        """From the members of a record.

        :raises NotUnderstood: it cannot be read.
        """
        try:
            scope = parse_scope(members["scope"])
        except (InvalidScope, TypeError, AttributeError):
            raise NotUnderstood("has a scope that cannot be read") from None
        if members.keys().isdisjoint(LIMITS):
            return cls(scope)
        resources, details = members.get("resources", ()), members.get("details", ())
        if not _is_list_of(resources, str) or not _is_list_of(details, dict):
            raise NotUnderstood("has a limit that cannot be read")
        return cls(scope, tuple(resources), tuple(details))


def _is_list_of(values: Any, kind: type) -> bool:
    return isinstance(values, list | tuple) and all(isinstance(each, kind) for each in values)

"""The kinds of application that can be registered (RFC 6749 section 2.1): what each is asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .contexts import AdminPlace, SelfServicePlace

CODE_FLOW = ("authorization_code", "refresh_token")
WITH_USERS = ("client_name", "redirect_uris", "scope")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of application.

    ``asks`` are the fields that its form has; everything else follows from the
    kind, and can be changed later.
    """

    name: str
    public: bool
    grant_types: tuple[str, ...]
    asks: tuple[str, ...]
    resource_server: bool = False


KINDS = (
    Kind("web", False, CODE_FLOW, WITH_USERS),
    Kind("browser", True, CODE_FLOW, (*WITH_USERS, "allowed_origins")),
    Kind("native", True, CODE_FLOW, WITH_USERS),
    Kind("service", False, ("client_credentials",), ("client_name", "scope")),
    Kind("api", False, (), ("client_name",), resource_server=True),
)


def kinds_of(place: AdminPlace | SelfServicePlace) -> Iterator[Kind]:
    """The kinds that can be registered there."""
    for kind in KINDS:
        if kind.resource_server:
            if "resource_server" in place.settable:
                yield kind
        elif kind.grant_types[0] in place.choices["grant_types"] & place.enabled_grant_types:
            yield kind

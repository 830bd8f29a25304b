"""The application types that can be registered (RFC 6749 section 2.1), and their form fields."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .contexts import AllClients, OwnClients

CODE_FLOW = ("authorization_code", "refresh_token")
WITH_USERS = ("client_name", "redirect_uris", "scope")


@dataclass(frozen=True, slots=True)
class ApplicationType:
    """An application type.

    ``field_names`` are the fields of its form; everything else follows from the type,
    and can be changed later.
    """

    name: str
    public: bool
    grant_types: tuple[str, ...]
    field_names: tuple[str, ...]
    resource_server: bool = False


APPLICATION_TYPES = (
    ApplicationType("web", False, CODE_FLOW, WITH_USERS),
    ApplicationType("browser", True, CODE_FLOW, (*WITH_USERS, "allowed_origins")),
    ApplicationType("native", True, CODE_FLOW, WITH_USERS),
    ApplicationType("service", False, ("client_credentials",), ("client_name", "scope")),
    ApplicationType("api", False, (), ("client_name",), resource_server=True),
)


def application_types_of(context: AllClients | OwnClients) -> Iterator[ApplicationType]:
    """The application types that can be registered in a context."""
    offered = context.choices["grant_types"] & context.enabled_grant_types
    for application_type in APPLICATION_TYPES:
        if application_type.resource_server:
            if "resource_server" in context.settable:
                yield application_type
        elif application_type.grant_types[0] in offered:
            yield application_type

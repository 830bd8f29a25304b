"""The application types that can be registered (RFC 6749 section 2.1), on pages and by command."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

CODE_FLOW = ("authorization_code", "refresh_token")
WITH_USERS = ("client_name", "redirect_uris", "scope")


@dataclass(frozen=True, slots=True)
class ApplicationType:
    """An application type.

    ``field_names`` are the fields of its form; everything else follows from the type,
    and can be changed later. ``further_names`` are the fields below the fold.
    """

    name: str
    public: bool
    grant_types: tuple[str, ...]
    field_names: tuple[str, ...]
    resource_server: bool = False

    @property
    def further_names(self) -> tuple[str, ...]:
        """How it authenticates, if not by a secret that the server draws."""
        return () if self.public else ("token_endpoint_auth_method", "jwks", "jwks_uri")

    @property
    def metadata(self) -> dict[str, Any]:
        """The metadata of a client that follows from its type."""
        return {
            "grant_types": self.grant_types,
            "token_endpoint_auth_method": "none" if self.public else "client_secret_basic",
            "resource_server": self.resource_server,
        }


APPLICATION_TYPES = {
    each.name: each
    for each in (
        ApplicationType("web", False, CODE_FLOW, WITH_USERS),
        ApplicationType("single-page", True, CODE_FLOW, (*WITH_USERS, "allowed_origins")),
        ApplicationType("native", True, CODE_FLOW, WITH_USERS),
        ApplicationType("machine", False, ("client_credentials",), ("client_name", "scope")),
        ApplicationType("api", False, (), ("client_name",), resource_server=True),
    )
}

"""Who manages clients in a browser."""

from __future__ import annotations

from dataclasses import dataclass

from .declaration import setting
from .types import boolean, count, principals, some_words, words


@dataclass(frozen=True)
class ManagementSettings:
    """Who manages clients in a browser.

    For an authorization server.
    """

    admin: bool = setting(
        boolean,
        False,
        "Whether there are pages to manage all clients, at <path>/admin/clients. They need "
        "oauth2.admin_principals.",
    )
    admin_principals: frozenset[str] = setting(
        principals,
        frozenset(),
        "Who may use them: principals as the application's policy knows them, such as group:admin "
        "or a userid.",
    )
    self_service: bool = setting(
        boolean,
        False,
        "Whether every signed-in user may register and manage clients of their own, at "
        "<path>/applications.",
    )
    self_service_max_clients: int = setting(
        count,
        10,
        "How many clients a user may have there.",
        key="self_service.max_clients",
    )
    self_service_grant_types: frozenset[str] = setting(
        words,
        frozenset({"authorization_code", "refresh_token"}),
        "The grant types that a user may give to them.",
        key="self_service.grant_types",
    )
    self_service_scopes: frozenset[str] | None = setting(
        some_words,
        None,
        "The scopes that a user may give to them. Without this key: all.",
        key="self_service.scopes",
        limit=True,
    )

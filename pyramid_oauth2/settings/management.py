"""The settings of the pages for managing clients."""

from __future__ import annotations

from dataclasses import dataclass

from .declaration import GRANT_TYPES, SCOPES, setting
from .types import AUTHORIZATION_SERVER, boolean, count, principals, some_words, words


@dataclass(frozen=True, init=False, repr=False, eq=False)
class ManagementSettings:
    """Client management pages.

    For an authorization server.
    """

    admin: bool = setting(
        boolean,
        False,
        "Whether to enable the pages for managing all clients, at <path>/admin/clients. Requires "
        "oauth2.admin_principals.",
        mode=AUTHORIZATION_SERVER,
    )
    admin_principals: frozenset[str] = setting(
        principals,
        frozenset(),
        "Who may use these pages: principals of the application's policy, such as group:admin or "
        "a userid.",
        needs="admin",
        mode=AUTHORIZATION_SERVER,
    )
    self_service: bool = setting(
        boolean,
        False,
        "Whether every signed-in user may register and manage their own clients, at "
        "<path>/applications.",
        mode=AUTHORIZATION_SERVER,
    )
    self_service_max_clients: int = setting(
        count,
        10,
        "How many clients a user may own with oauth2.self_service, or with oauth2.registration = "
        "user.",
        key="self_service.max_clients",
        any_of=("self_service = true", "registration = user"),
        mode=AUTHORIZATION_SERVER,
    )
    self_service_grant_types: frozenset[str] = setting(
        words,
        frozenset({"authorization_code", "refresh_token"}),
        "The grant types that a user may choose for their clients.",
        key="self_service.grant_types",
        names=GRANT_TYPES,
        needs="self_service",
        mode=AUTHORIZATION_SERVER,
    )
    self_service_scopes: frozenset[str] | None = setting(
        some_words,
        None,
        "The scopes that a user may choose for their clients. Default: all scopes.",
        key="self_service.scopes",
        names=SCOPES,
        needs="self_service",
        limit=True,
        mode=AUTHORIZATION_SERVER,
    )

"""What is examined at start-up: the names in the settings, and whether the stores can be used."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from .interfaces import IBackend, ISigner
from .protocol.clients.value_rules import STANDARD_GRANT_TYPES
from .protocol.records import StoreUnavailable
from .protocol.scopes import format_scope
from .resource_owners import ResourceOwners
from .settings import Settings
from .settings.declaration import GRANT_TYPES, SCOPES, SCOPES_OR_ALL
from .settings.profiles import named_profile
from .settings.tokens import DEFAULT_GRANT_TYPES
from .settings.values import below_prefix

log = logging.getLogger(__name__)


def configuration_errors(
    settings: Settings,
    grant_types: Collection[str],
    response_types: Collection[str],
    scopes: Mapping[str, Any],
    owners: ResourceOwners,
) -> list[str]:
    """A sentence for each setting that names something that is not registered."""
    return [
        *_grant_type_errors(settings, grant_types, owners),
        *_response_type_errors(settings, response_types),
        *_scope_errors(settings, scopes),
    ]


def enabled_grant_types(settings: Settings, registered: Collection[str]) -> frozenset[str]:
    """The names of the grant types of the token endpoint."""
    # The default is limited to those that are registered; what an ini names must be registered.
    return settings.grant_types or DEFAULT_GRANT_TYPES & frozenset(registered)


def announce_profile(raw: Mapping[str, Any]) -> None:
    """Log what ``oauth2.profile`` has set, and why.

    :param raw: the settings of the application.
    """
    ours = below_prefix(raw)
    if (profile := named_profile(ours)) is not None:
        log.info("%s.", profile.announcement(ours))


def warn_of_unusable_stores(backends: Mapping[str, IBackend]) -> None:
    """Log what is wrong with a store that cannot be used yet, and what to do.

    The application starts nevertheless: its database may start later than it.
    """
    for name, backend in backends.items():
        try:
            backend.check()
        except StoreUnavailable as unavailable:
            log.warning(
                "The store %s cannot be used; requests that need it get 503 until it can. %s",
                name,
                unavailable,
            )
        finally:
            # A server that forks its workers from here would leave them these connections.
            backend.close()


_signer_is_checked: ContextVar[bool] = ContextVar("signer_is_checked", default=True)


@contextmanager
def signer_unchecked() -> Iterator[None]:
    """Start applications whose secret does not open their keys, to revoke or seal these again."""
    token = _signer_is_checked.set(False)
    try:
        yield
    finally:
        _signer_is_checked.reset(token)


def check_signer(signer: ISigner | None) -> None:
    """See whether the server can sign.

    :raises StartupError: it never will with these settings.
    """
    if signer is None or not _signer_is_checked.get():
        return
    try:
        signer.check()
    except StoreUnavailable as unavailable:
        log.warning(
            "Nothing can be signed now; requests that need it get 503 until it can. %s", unavailable
        )


def _grant_type_errors(
    settings: Settings, registered: Collection[str], owners: ResourceOwners
) -> Iterator[str]:
    for key, names in settings.naming(GRANT_TYPES):
        # A client may also have the one without an endpoint: implicit.
        others = frozenset() if key == "grant_types" else STANDARD_GRANT_TYPES
        known = others.union(registered)
        if unknown := sorted(names - known):
            yield (
                f"oauth2.{key} names {', '.join(unknown)}, which is not registered. "
                f"Registered are: {', '.join(sorted(known))}."
            )
    if "password" in (settings.grant_types or ()) and not owners.knows("authenticate"):
        yield (
            "oauth2.grant_types names password, but nothing can check one: give the application's "
            "users to config.set_oauth2_resource_owners(...), with a method "
            "authenticate(request, username, password)."
        )


def _response_type_errors(settings: Settings, registered: Collection[str]) -> Iterator[str]:
    if unknown := sorted(settings.response_types - frozenset(registered)):
        yield (
            f"oauth2.response_types names {', '.join(unknown)}, which is not registered. "
            f"Registered are: {', '.join(sorted(registered))}."
        )


def _scope_errors(settings: Settings, scopes: Mapping[str, Any]) -> Iterator[str]:
    known = format_scope(scopes) or "none yet; name them in oauth2.scopes"
    for what, others in ((SCOPES, ""), (SCOPES_OR_ALL, "*")):
        for key, names in settings.naming(what):
            if unknown := names - scopes.keys() - {others}:
                yield f"oauth2.{key} has unknown scopes: {format_scope(unknown)}. Known: {known}."

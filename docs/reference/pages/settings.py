"""``settings.md``: every key of the ini, in the groups of ``pyramid_oauth2.settings``."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Iterator
from typing import Any

from pyramid_oauth2.extensions.client_id_metadata.settings import ClientIDMetadataSettings
from pyramid_oauth2.extensions.client_registration.settings import RegistrationSettings
from pyramid_oauth2.extensions.jwt_access_tokens.settings import JWTAccessTokenSettings
from pyramid_oauth2.keys.settings import KeySettings
from pyramid_oauth2.openid.settings import OpenIDSettings
from pyramid_oauth2.settings import REQUIRED, Settings
from pyramid_oauth2.settings.declaration import declared_fields
from pyramid_oauth2.settings.feature import full_key
from pyramid_oauth2.settings.types import UNITS, code_lifetime, lifetime, seconds, signed_lifetime

from .docstrings import filled, inline, markdown, plain

INTRODUCTION = """\
# Settings

The keys of the ini's app section that begin with `oauth2.`. The application does not start with an
unknown key or an invalid value; the error message names the nearest known key.

An application is an authorization server or, with `oauth2.mode`, a [resource
server](../resource-server.md). If a group of keys is for only one of them, its first line says so.

pyramid_oauth2 itself reads five of the keys below `oauth2.sqlalchemy.` and `oauth2.redis.`, the
[backend settings](#backend-settings). All others are passed to those libraries. `poauth2 INI
settings` prints the effective settings."""

# These are not declared as settings: a backend reads its own section.
OF_THE_STORES = """\
## Backend settings

All other keys below `oauth2.sqlalchemy.` are passed to SQLAlchemy, and those below `oauth2.redis.`
to redis-py: see [storage](../storage.md).

### `oauth2.sqlalchemy.url`

The database: `sqlite:///FILE`, `postgresql+psycopg://...`, `mysql+pymysql://...` or
`mariadb+pymysql://...`.

- Value: a URL of SQLAlchemy. `?prepare_threshold=` is a number or `none`: see [PostgreSQL behind a
  pooler](../storage.md#postgresql-behind-a-pooler).
- Required if a role is stored in SQL, unless an engine is given.

### `oauth2.sqlalchemy.engine`

An engine of the application, in place of the URL. pyramid_oauth2 uses its database, with a separate
engine.

- Value: the dotted name of a callable that takes the settings and returns an `Engine`.

### `oauth2.sqlalchemy.session`

The application's own session, on the same database: see [clients in the application's
transaction](../storage.md#clients-in-the-applications-transaction).

- Value: the name of the request's attribute with the session.

### `oauth2.redis.url`

The server: `redis://`, `rediss://`, `unix://`, `redis+sentinel://` or `redis+cluster://`.

- Value: a URL, as described in [storage](../storage.md#redis-and-valkey).
- Required if a role is stored in Redis.

### `oauth2.redis.wait_replicas`

How many replicas must have acknowledged what spends or ends something before it succeeds: a
redemption, a revocation, the use of a value that can be used once, the withdrawal of a consent, a
change of a client, the change or deletion of an entry, such as a signing key.

- Value: a number of replicas, such as `1`.
- Default: `0`"""

DURATIONS = (lifetime, signed_lifetime, code_lifetime, seconds)
LONGEST_UNIT_FIRST = tuple(sorted(filter(None, UNITS), key=lambda unit: -UNITS[unit]))


def page() -> str:
    """The page."""
    parts = [INTRODUCTION]
    # The bases are in reverse order.
    for group in reversed(Settings.__bases__):
        parts += group_parts(group)
    parts += group_parts(OpenIDSettings, "openid")
    parts += group_parts(ClientIDMetadataSettings, "client_id_metadata")
    parts += group_parts(RegistrationSettings, "registration")
    parts += group_parts(JWTAccessTokenSettings, "jwt_access_tokens")
    parts += group_parts(KeySettings, "keys")
    parts.append(OF_THE_STORES)
    return "\n\n".join(parts) + "\n"


def group_parts(group: type, prefix: str = "") -> Iterator[str]:
    """The settings of one class, under its title.

    :param prefix: for the class of a feature, the prefix of its keys.
    """
    title, _, more = (inspect.getdoc(group) or "").partition("\n\n")
    yield f"## {inline(title).rstrip('.')}"
    if more:
        yield markdown(more)
    for key, field in declared_fields(group).items():
        yield from _setting(full_key(prefix, key) if prefix else key, field)


def _setting(key: str, field: dataclasses.Field[Any]) -> Iterator[str]:
    yield f"### `oauth2.{key}`"
    yield plain(field.metadata["meaning"])
    facts = [filled(f"- Value: {_form(field)}", "  ")]
    if field.metadata["default"] is REQUIRED:
        mode = field.metadata["mode"]
        facts.append(f"- Required{f' where `oauth2.mode` is `{mode}`' if mode else ''}.")
    elif default := _as_in_the_ini(field):
        facts.append(f"- Default: `{default}`")
    yield "\n".join(facts)


def _form(field: dataclasses.Field[Any]) -> str:
    form = " ".join((inspect.getdoc(field.metadata["parse"]) or "").split())
    return inline(form[0].lower() + form[1:] if form[:2].istitle() else form)


def _as_in_the_ini(field: dataclasses.Field[Any]) -> str:
    value = field.metadata["default"]
    if value is None:
        return ""  # The meaning says how it follows from other settings.
    if field.metadata["parse"] in DURATIONS:
        unit = next(unit for unit in LONGEST_UNIT_FIRST if value % UNITS[unit] == 0)
        return f"{value // UNITS[unit]}{unit}"
    if isinstance(value, bool):
        return str(value).lower()
    return " ".join(sorted(value)) if isinstance(value, frozenset) else str(value or "")

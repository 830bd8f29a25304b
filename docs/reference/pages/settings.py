"""``settings.md``: every key of the ini, in the groups of ``pyramid_oauth2.settings``."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Iterator
from typing import Any

from pyramid_oauth2.settings import REQUIRED, Settings, setting_fields
from pyramid_oauth2.settings.types import UNITS, code_lifetime, lifetime, seconds

from .docstrings import filled, inline, markdown, plain

INTRODUCTION = """\
# Settings

Every key of the ini's app section that begins with `oauth2.`. A key that nobody knows stops the
start and names the nearest one; so does a value that cannot be meant.

An application is an authorization server or, by `oauth2.mode`, a [resource
server](../resource-server.md). Where a group of keys is for one of them, its first line says so.

Of the keys below `oauth2.sqlalchemy.` and `oauth2.redis.` five [are
ours](#the-keys-of-the-stores); all others go to those libraries. `poauth2 INI settings` prints what
is in force."""

# No declaration has these: a backend reads its own section.
OF_THE_STORES = """\
## The keys of the stores

All other keys below `oauth2.sqlalchemy.` go to SQLAlchemy, and those below `oauth2.redis.` to
redis-py: see [storage](../storage.md).

### `oauth2.sqlalchemy.url`

The database: `sqlite:///FILE`, `postgresql+psycopg://...`, `mysql+pymysql://...` or
`mariadb+pymysql://...`.

- Value: a URL of SQLAlchemy.
- Required where a role is kept in SQL, and no engine is given.

### `oauth2.sqlalchemy.engine`

An engine of the application's, in place of the URL: its database is used, by an engine of our own.

- Value: the dotted name of a callable that takes the settings and returns an `Engine`.

### `oauth2.sqlalchemy.session`

The application's own session, on the same database: see [a client as part of the application's own
work](../storage.md#a-client-as-part-of-the-applications-own-work).

- Value: the name of the request's attribute that has it.

### `oauth2.redis.url`

The server: `redis://`, `rediss://`, `unix://`, `redis+sentinel://` or `redis+cluster://`.

- Value: a URL, as [storage](../storage.md#redis-and-valkey) has them.
- Required where a role is kept in Redis.

### `oauth2.redis.wait_replicas`

How many replicas must have a redemption or a revocation before it is answered.

- Value: a number of replicas, such as `1`.
- Default: `0`"""

DURATIONS = (lifetime, code_lifetime, seconds)
LONGEST_UNIT_FIRST = tuple(sorted(filter(None, UNITS), key=lambda unit: -UNITS[unit]))


def page() -> str:
    """The page."""
    parts = [INTRODUCTION]
    # The first to be inherited from is the last of them.
    for group in reversed(Settings.__bases__):
        parts += _group(group)
    parts.append(OF_THE_STORES)
    return "\n\n".join(parts) + "\n"


def _group(group: type) -> Iterator[str]:
    title, _, more = (inspect.getdoc(group) or "").partition("\n\n")
    yield f"## {inline(title).rstrip('.')}"
    if more:
        yield markdown(more)
    own = {field.name for field in dataclasses.fields(group)}
    for key, field in setting_fields().items():
        if field.name in own:
            yield from _setting(key, field)


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
        return ""  # What follows from other settings its meaning says.
    if field.metadata["parse"] in DURATIONS:
        unit = next(unit for unit in LONGEST_UNIT_FIRST if value % UNITS[unit] == 0)
        return f"{value // UNITS[unit]}{unit}"
    if isinstance(value, bool):
        return str(value).lower()
    return " ".join(sorted(value)) if isinstance(value, frozenset) else str(value or "")

"""``poauth2 OLD copy --to NEW``: move the state from one store to another."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import click

from ..read_only import writable
from ..service import ROLES, OAuth2Service, store_of
from .arguments import json_option, some_path
from .command import command
from .copying import Comparison, Copied, Findings, Store, compare_stores, copy_store
from .ini import Ini
from .progress import counting
from .terminal import shown

EXAMPLES = """\
Examples:
  # With oauth2.read_only = true in old.ini, and every process of it restarted:
  poauth2 new.ini db upgrade
  poauth2 old.ini copy --to new.ini

  # How long it will take; nothing to go on with:
  poauth2 old.ini copy --to rehearsal.ini --live
"""
NOT_READ_ONLY = """\
{old} is not read-only. What it issues meanwhile would be missing in {new}, and a code that is spent
meanwhile would be good there once more. Set oauth2.read_only = true in it, restart every process
that serves it, and copy then. (--live copies all the same, for a rehearsal.)"""
NOT_MOVED = "the same store in both, left alone"
NOT_STORED = "none are stored, left alone"
NOWHERE = """\
{old} has {role}, and the backend that {new} names for them cannot store any. Set
oauth2.backend.{role} in {new} to one that can."""
MISSING = "{count} missing in the new store. Run the command again:"
DIFFERENT = """\
{count} different in the new store, and left as they are there. Either the new server wrote them, at
its start or since they were copied; or the old one went on writing: then empty the new store, and
copy again:"""
EXTRA = """\
{count} in the new store only, and left there, for a copy is no mirror. Either the new server wrote
them; or an earlier copy did, and the old server has dropped them since, such as a consent that a
user withdrew: then empty the new store, and copy again:"""
NEW_WRITES = (
    "{new} is not read-only: what its application writes when it is started, also just now, "
    "is in the new store before what is copied, and would be different then"
)
SAME_STORE = "{old} and {new} keep everything in the same store: there is nothing to copy."


def _variable(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise click.BadParameter("write NAME=VALUE")
    return name, value


@dataclass(frozen=True)
class Moved:
    """The result for one role."""

    copied: Copied
    comparison: Comparison


@command(
    "It copies clients, consents, grants, tokens and what else there is, then compares both. It "
    "adds what is not there and changes nothing, so it may be stopped at any time and goes on when "
    "it is run again. The exit status is 1 if anything is missing or different at the end, or if a "
    "consent or an entry is in the new store only, which would be back; what else is there only is "
    "named, and left to you.",
    EXAMPLES,
)
@click.option("--to", required=True, type=some_path, metavar="INI", help="the ini of the new store")
@click.option(
    "--to-variable",
    "variables",
    multiple=True,
    type=_variable,
    metavar="NAME=VALUE",
    help="a variable of its [DEFAULT] section; repeatable",
)
@click.option("--live", is_flag=True, help="although the old server still writes: a rehearsal")
@json_option("print the summary as JSON")
def copy(
    ini: Ini, to: str, variables: tuple[tuple[str, str], ...], live: bool, as_json: bool
) -> int:
    """Copy role by role, then compare; 1 if a record is missing, different or would be revived."""
    target = Ini(to, dict(variables), ini.verbose)
    started = time.monotonic()
    with ini.service() as old, target.service() as new:
        left = _left_alone(old, new)
        roles = [role for role in ROLES if role not in left]
        if refusal := _refusal(old, new, roles, live):
            print(f"poauth2: {refusal.format(old=ini.path, new=target.path)}", file=sys.stderr)
            return 1
        _check(new, roles)
        if not new.settings.read_only:
            print(f"poauth2: note: {NEW_WRITES.format(new=target.path)}", file=sys.stderr)
        moved = _move(old, new, roles)
    seconds = round(time.monotonic() - started, 1)
    if as_json:
        print(json.dumps({"roles": _documents(moved), "seconds": seconds}, indent=2))
    else:
        _print(moved, left, seconds)
    return 1 if any(map(_is_wrong, moved, (each.comparison for each in moved.values()))) else 0


def _is_wrong(role: str, comparison: Comparison) -> bool:
    # A client or grant that ended leaves a record, which would be different. A consent that was
    # withdrawn since an earlier copy, or an entry, leaves none: it would be valid again.
    revived = comparison.extra.count if role in ("consents", "entries") else 0
    return bool(comparison.missing.count or comparison.different.count or revived)


def _left_alone(old: OAuth2Service, new: OAuth2Service) -> dict[str, str]:
    """Return the roles that are not copied, each with the reason."""
    left = {}
    for role in ROLES:
        if _same_store(old, new, role):
            left[role] = NOT_MOVED
        elif not _has(old, role) or not (
            _has(new, role) or _store(old, role).export(limit=1).items
        ):
            left[role] = NOT_STORED
    return left


def _refusal(old: OAuth2Service, new: OAuth2Service, roles: list[str], live: bool) -> str | None:
    if not roles:
        return SAME_STORE
    for role in roles:
        if not _has(new, role):
            return NOWHERE.replace("{role}", role)
    return None if old.settings.read_only or live else NOT_READ_ONLY


def _same_store(old: OAuth2Service, new: OAuth2Service, role: str) -> bool:
    # As far as the settings show it. Copying a store into itself would do no harm.
    (name, url), other = (_place(service, role) for service in (old, new))
    return url is not None and (name, url) == other


def _place(service: OAuth2Service, role: str) -> tuple[str, str | None]:
    name = service.settings.backend_of(role)
    section = service.settings.section(name)
    # A callable of the application takes precedence over the URL beside it.
    return name, None if "engine" in section else section.get("url")


def _check(new: OAuth2Service, roles: list[str]) -> None:
    for name in sorted({new.settings.backend_of(role) for role in roles}):
        for warning in new.backends[name].check():
            print(f"poauth2: note: {name}: {warning}", file=sys.stderr)


def _move(old: OAuth2Service, new: OAuth2Service, roles: list[str]) -> dict[str, Moved]:
    stores = {role: (_store(old, role), _store(new, role)) for role in roles}
    with counting("records copied") as progress:
        more = _summing(progress)
        copied = {role: copy_store(*pair, more) for role, pair in stores.items()}
    with counting("records compared") as progress:
        more = _summing(progress)
        return {
            role: Moved(
                copied[role],
                compare_stores(*pair, copied[role].read.total(), old.server.clock, more),
            )
            for role, pair in stores.items()
        }


def _has(service: OAuth2Service, role: str) -> bool:
    return store_of(service.backends, service.settings, role) is not None


def _store(service: OAuth2Service, role: str) -> Store:
    # The new server may be read-only too, so that its application writes nothing before the end.
    backend = writable(service.backends[service.settings.backend_of(role)])
    store: Store = getattr(backend, role)
    return store


def _summing(progress: Callable[[int], None]) -> Callable[[int], None]:
    total = 0

    def more(number: int) -> None:
        nonlocal total
        total += number
        progress(total)

    return more


def _documents(moved: dict[str, Moved]) -> dict[str, Any]:
    return {
        role: {
            "read": each.copied.read,
            "new": each.copied.new,
            "missing": asdict(each.comparison.missing),
            "different": asdict(each.comparison.different),
            "extra": asdict(each.comparison.extra),
        }
        for role, each in moved.items()
    }


def _print(moved: dict[str, Moved], left: dict[str, str], seconds: float) -> None:
    for role in ROLES:
        print(f"{role}: {left[role] if role in left else _copied(moved[role].copied)}")
    for sentence, found in (
        (MISSING, [each.comparison.missing for each in moved.values()]),
        (DIFFERENT, [each.comparison.different for each in moved.values()]),
        (EXTRA, [each.comparison.extra for each in moved.values()]),
    ):
        _print_findings(sentence, found)
    compared = sum(each.copied.read.total() for each in moved.values())
    print(f"{compared} record{'' if compared == 1 else 's'} copied and compared in {seconds} s")


def _copied(copied: Copied) -> str:
    kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(copied.read.items()))
    return f"{copied.read.total()} read, {copied.new} new" + (f" ({kinds})" if kinds else "")


def _print_findings(sentence: str, found: list[Findings]) -> None:
    count = sum(each.count for each in found)
    if not count:
        return
    print(f"poauth2: {sentence.format(count=count)}", file=sys.stderr)
    examples = [name for each in found for name in each.examples]
    for name in examples:
        print(f"  {shown(name)}", file=sys.stderr)
    if len(examples) < count:
        print("  ...", file=sys.stderr)

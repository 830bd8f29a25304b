"""The commands that purge a key of the grant store, the consent store or the entry store."""

from __future__ import annotations

from urllib.parse import unquote

from ...protocol.token_kinds import is_remembered
from .exchange import Command
from .key_names import (
    ENTRY,
    RECORD,
    answer_key,
    consents_of_subject,
    grant_key,
    members_key,
    ref_of,
)
from .scripts import PURGE_ENTRY, PURGE_INDEX, PURGE_RECORD, PURGE_TOKEN
from .server import call

_CONSENTS = "consents:"


def grant_purge(key: str, now: int) -> Command | None:
    """Return the command that purges a key of the grant store."""
    found = RECORD.fullmatch(key)
    if found is None or found["client"] is not None:
        return None
    if found["token"]:
        ref = ref_of(unquote(found["family"]), found["token"])
        keys = [
            key,
            answer_key(ref.family, ref.digest),
            grant_key(ref.family),
            members_key(ref.family),
        ]
        remembered = is_remembered(ref.kind)
        return call(PURGE_TOKEN, keys, now, found["token"], "+" if remembered else "-")
    if found["members"] or (found["index"] and not found["index"].startswith(_CONSENTS)):
        return call(PURGE_INDEX, [key], now)
    if found["index"]:
        return None
    return call(PURGE_RECORD, [key], now)


def consent_purge(key: str, now: int) -> Command | None:
    """Return the command that purges a key of the consent store."""
    found = RECORD.fullmatch(key)
    if found is None:
        return None
    if found["client"] is not None:
        index = consents_of_subject(unquote(found["subject"]))
        return call(PURGE_RECORD, [key, index], now, unquote(found["client"]))
    if found["index"] and found["index"].startswith(_CONSENTS):
        return call(PURGE_INDEX, [key], now)
    return None


def entry_purge(key: str, now: int) -> Command | None:
    """Return the command that purges a key of the entry store."""
    found = ENTRY.fullmatch(key)
    if found is None:
        return None
    return call(PURGE_ENTRY if found["entry"] else PURGE_INDEX, [key], now)

"""The Lua scripts, each an operation that the server executes atomically."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha1
from importlib.resources import files
from typing import Any

_FOLDER = files(__package__) / "lua"


def _text(name: str) -> str:
    return (_FOLDER / f"{name}.lua").read_text("utf-8")


_LIFETIME = _text("lifetime")
_RECORD = _LIFETIME + _text("record")


@dataclass(frozen=True, slots=True)
class Script:
    """A script, and the digest by which a server that has loaded it identifies it."""

    name: str
    text: str = field(repr=False)
    sha: str = field(repr=False)


def _script(name: str, prelude: str = _RECORD) -> Script:
    text = prelude + _text(name)
    script = Script(name, text, sha1(text.encode(), usedforsecurity=False).hexdigest())
    BY_SHA[script.sha] = script
    return script


BY_SHA: dict[str, Script] = {}


def spelt_out(command: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the same command with the script's text, for a server that may not have loaded it."""
    if command[0] != "EVALSHA":
        return command
    return ("EVAL", BY_SHA[command[1]].text, *command[2:])


OPEN = _script("open")
ADD = _script("add")
REDEEM = _script("redeem")
AMEND = _script("amend")
REVOKE_GRANT = _script("revoke_grant")
REVOKE_IN_ADVANCE = _script("revoke_in_advance")
REVOKE_TOKEN = _script("revoke_token")
REWRITE = _script("rewrite")
RESERVE = _script("reserve")
SETTLE = _script("settle")
INDEX = _script("index", _LIFETIME)
PAGE = _script("page", "")
PURGE_TOKEN = _script("purge_token")
PURGE_RECORD = _script("purge_record")
PURGE_INDEX = _script("purge_index", _LIFETIME)
PUT_CONSENT = _script("put_consent")
FORGET_CONSENT = _script("forget_consent")
PUT_CLIENT = _script("put_client")
FORGET_CLIENT = _script("forget_client")
PUT_ENTRY = _script("put_entry", _RECORD + _text("entries"))
PURGE_ENTRY = _script("purge_entry")
COUNT_ATTEMPT = _script("count_attempt", "")

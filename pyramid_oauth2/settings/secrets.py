"""The type of a setting that has secrets: they may be in a file or an environment variable."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from ..protocol.server_secret import MIN_LENGTH
from .types import BadValue

MIN_SALT = 16


def secrets(value: str | Iterable[str]) -> tuple[str, ...]:
    """One or more secrets of at least 43 characters, or ``file:/path``, or ``env:NAME``."""
    found: list[str] = []
    for word in value.split() if isinstance(value, str) else value:
        found += _secret_of(word).split()
    if not all(secret.isascii() for secret in found):
        raise BadValue("a secret has ASCII characters only: 'poauth2 secret' makes one")
    if any(len(secret) < MIN_LENGTH for secret in found):
        raise BadValue(f"a secret has at least {MIN_LENGTH} characters: 'poauth2 secret' makes one")
    if len(set(found)) < len(found):
        raise BadValue("the same secret is there twice")
    return tuple(found)


def is_place(word: str) -> bool:
    """Whether it says where a secret is: ``file:/path`` or ``env:NAME``."""
    return word.startswith(("file:", "env:"))


def salt(value: str) -> str:
    """A text of at least 16 characters, or ``file:/path``, or ``env:NAME``."""
    text = _secret_of(str(value).strip()).strip()
    # That of another server, from which an operator comes, may be a short one.
    if len(text) < MIN_SALT:
        raise BadValue(f"a salt has at least {MIN_SALT} characters: 'poauth2 secret' makes one")
    if not (text.isascii() and text.isprintable()):
        raise BadValue("a salt has printable ASCII characters only: 'poauth2 secret' makes one")
    return text


def _secret_of(word: str) -> str:
    if not is_place(word):
        return word
    kind, _, where = word.partition(":")
    if kind == "env":
        if not os.environ.get(where, "").strip():
            raise BadValue(f"the environment variable {where} is not set")
        return os.environ[where]
    try:
        text = Path(where).read_text("ascii")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not ASCII"
        raise BadValue(f"the file {where} cannot be read: {reason}") from None
    if not text.strip():
        raise BadValue(f"the file {where} is empty")
    return text
